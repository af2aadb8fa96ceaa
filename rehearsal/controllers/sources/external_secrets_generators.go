// Package register names the generators that the rehearsal needs: none.
package register
