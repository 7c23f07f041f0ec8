//go:build tools

// Package bed names the programs of Prysm that the bed of real beacon nodes runs.
package bed

import (
	_ "github.com/prysmaticlabs/prysm/v5/cmd/beacon-chain"
	_ "github.com/prysmaticlabs/prysm/v5/cmd/prysmctl"
	_ "github.com/prysmaticlabs/prysm/v5/cmd/validator"
)
