//go:build !linux

package portable

import (
	"context"

	"github.com/shirou/gopsutil/v3/net"

	"sockeye/sock"
)

func gather(ctx context.Context, _ *sock.Environment, kind string) (answer, error) {
	connections, err := net.ConnectionsWithContext(ctx, kind)
	return answer{connections: connections}, err
}
