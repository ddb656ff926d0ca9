package portable

import (
	"context"
	"os"
	"path/filepath"

	"github.com/shirou/gopsutil/v3/common"
	"github.com/shirou/gopsutil/v3/net"

	"sockeye/sock"
)

// gather leaves out the users: gopsutil would read a file for each connection. It
// reads net/tcp and the like below a root, which is the thread's own directory:
// the tables are those of the namespace that the thread is in.
func gather(ctx context.Context, env *sock.Environment, kind string) (a answer, err error) {
	err = env.Do(func() error {
		root := filepath.Join(env.Proc, "thread-self")
		if _, err := os.Stat(root); err != nil {
			root = env.Proc
		}
		ctx := context.WithValue(ctx, common.EnvKey, common.EnvMap{common.HostProcEnvKey: root})
		a.connections, err = net.ConnectionsWithoutUidsWithContext(ctx, kind)
		return err
	})
	return a, err
}
