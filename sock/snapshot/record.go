package snapshot

import (
	"encoding/json"

	"sockeye/sock"
)

// record is a socket as encoding/json reads it. A pointer tells a member that
// is absent from one that is 0; the writer never writes an empty string.
type record struct {
	Protocol, Family, State string

	LocalAddress   string  `json:"local_address"`
	LocalPort      *uint16 `json:"local_port"`
	RemoteAddress  string  `json:"remote_address"`
	RemotePort     *uint16 `json:"remote_port"`
	Interface      string
	InterfaceIndex uint32 `json:"interface_index"`
	V6Only         *bool
	LocalPath      string `json:"local_path"`
	Abstract       bool
	PeerPath       string  `json:"peer_path"`
	PeerAbstract   bool    `json:"peer_abstract"`
	PeerInode      *uint64 `json:"peer_inode"`
	Type           string

	RecvQueue *uint32 `json:"recv_queue"`
	SendQueue *uint32 `json:"send_queue"`
	Backlog   *uint32
	Mark      *uint32
	Inode     uint64
	Cookie    string
	UID       *uint32
	User      string
	CreatedAt string `json:"created_at"`
	Netns     *netnsRecord

	Owners      []ownerRecord
	OwnerStatus string `json:"owner_status"`

	ListenerPID     *int   `json:"listener_pid"`
	ListenerProcess string `json:"listener_process"`

	CreatorPID      *int          `json:"creator_pid"`
	CreatorChildren []ownerRecord `json:"creator_children"`

	Cgroup       string
	CgroupID     uint64 `json:"cgroup_id"`
	Timer        *timerRecord
	Memory       *memoryRecord
	TCPInfo      map[string]json.RawMessage `json:"tcp_info"`
	Congestion   string
	Shutdown     string
	TOS          *uint8
	TrafficClass *uint8 `json:"traffic_class"`
}

type netnsRecord struct {
	Inode uint64
	Name  string
}

type ownerRecord struct {
	PID       *int
	Process   string
	FD        *int
	TID       int
	Service   string
	Exe       string
	Cmdline   string
	UID       *uint32
	User      string
	StartedAt string `json:"started_at"`
}

type timerRecord struct {
	Name        string
	ExpiresMS   int64 `json:"expires_ms"`
	Retransmits uint8
}

type memoryRecord struct{ sock.Memory }

// UnmarshalJSON reads the counters by the names that the writer gives them.
func (m *memoryRecord) UnmarshalJSON(data []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	for _, v := range memoryValues {
		raw, ok := values[v.name]
		if !ok {
			continue
		}
		if err := json.Unmarshal(raw, v.at(&m.Memory)); err != nil {
			return err
		}
	}
	return nil
}
