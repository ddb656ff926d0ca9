//go:build !linux

package portable

import (
	"context"

	"github.com/shirou/gopsutil/v3/net"
)

func gather(ctx context.Context, kind string) ([]net.ConnectionStat, error) {
	return net.ConnectionsWithContext(ctx, kind)
}
