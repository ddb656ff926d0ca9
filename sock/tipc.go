package sock

// The places in [TIPCMembers] of the two ends of a TIPC socket.
const (
	TIPCNode = iota
	TIPCRef
	TIPCPeerNode
	TIPCPeerRef
)

// TIPCMembers are the attributes TIPC_NLA_SOCK_* of linux/tipc_netlink.h, by which
// [Socket.TIPC] is numbered. A flag is known to be unset too, where the kernel tells
// one by the attribute alone.
var TIPCMembers = []Member{
	TIPCNode:     {Name: "local_node", Size: 4, Meaning: "own node, 0 where none is set"},
	TIPCRef:      {Name: "local_ref", Size: 4, Meaning: "number of the socket on its node"},
	TIPCPeerNode: {Name: "peer_node", Size: 4, Meaning: "node of the peer"},
	TIPCPeerRef:  {Name: "peer_ref", Size: 4, Meaning: "number of the peer's socket on its node"},
	{Name: "service_type", Size: 4, Meaning: "service that the connection was made to, by its type"},
	{Name: "service_instance", Size: 4, Meaning: "instance of that service"},
	{Name: "published", Kind: MemberFlag, Size: 1, Meaning: "whether a service address is bound to it"},
	{Name: "link_congested", Kind: MemberFlag, Size: 1, Meaning: "whether it waits for a link"},
	{Name: "connection_congested", Kind: MemberFlag, Size: 1, Meaning: "whether it waits for the peer to read"},
	{Name: "drops", Size: 4, Meaning: "messages dropped"},
	{Name: "group", Size: 4, Meaning: "communication group that it has joined, by its type"},
	{Name: "group_instance", Size: 4, Meaning: "its instance in that group"},
}
