// Package factory makes the one DNS provider that the rehearsal needs, Route 53.
package factory

import (
	"context"
	"fmt"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/provider"
	"sigs.k8s.io/external-dns/provider/aws"
)

// Select makes the configured provider, and refuses all but Route 53.
func Select(ctx context.Context, config *externaldns.Config, domains *endpoint.DomainFilter) (provider.Provider, error) {
	if config.Provider != externaldns.ProviderAWS {
		return nil, fmt.Errorf("the rehearsal's ExternalDNS knows the provider aws only, not %s", config.Provider)
	}
	route53, err := aws.New(ctx, config, domains)
	if err != nil || config.ProviderCacheTime <= 0 {
		return route53, err
	}
	return provider.NewCachedProvider(route53, config.ProviderCacheTime), nil
}
