// Package register names the one provider that the rehearsal needs, AWS.
package register

import _ "github.com/external-secrets/external-secrets/pkg/provider/aws"
