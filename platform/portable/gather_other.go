//go:build !linux

package portable

import (
	"context"

	"github.com/shirou/gopsutil/v3/net"
)

func gather(ctx context.Context, kind string) (answer, error) {
	connections, err := net.ConnectionsWithContext(ctx, kind)
	return answer{connections: connections}, err
}
