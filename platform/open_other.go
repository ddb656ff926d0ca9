//go:build !linux && !windows

package platform

// Open returns this machine. No source lists the sockets of this system yet;
// snapshots can be read.
func Open(o Options) (*Host, error) {
	sources, err := pick("--source", o.Source, nil)
	if err != nil {
		return nil, err
	}
	return &Host{chain: chain{sources: sources}, ifNames: systemInterfaceName}, ErrNoSource
}
