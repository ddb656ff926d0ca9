package population

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Families makes packet and netlink sockets with everything that is told of them,
// and VSOCK and XDP sockets where the kernel has those. It needs namespaces of
// [Isolate].
func Families() (*Set, error) {
	b := &builder{Set: &Set{}}
	b.packetSockets()
	b.netlinkSockets()
	b.vsockSockets()
	b.xdpSockets()
	if b.err != nil {
		return nil, errors.Join(b.err, b.Close())
	}
	return b.Set, nil
}

// noteFamily records a socket that has no address.
func (b *builder) noteFamily(label string, fd int, protocol Protocol) {
	if b.err != nil {
		return
	}
	var st unix.Stat_t
	b.check(unix.Fstat(fd, &st), "fstat %s", label)
	b.Made = append(b.Made, Made{Label: label, Protocol: protocol, Family: Family(protocol), State: Unconnected, PID: os.Getpid(), FD: fd, Inode: st.Ino})
}

func (b *builder) loopbackIndex() int {
	device, err := net.InterfaceByName("lo")
	if b.check(err, "interface lo"); err != nil {
		return 0
	}
	return device.Index
}

// Values of linux/if_packet.h that golang.org/x/sys has no names for.
const (
	tpacketV2 = 1
	tpacketV3 = 2
)

// networkOrder is htons of a protocol.
func networkOrder(protocol int) int {
	return int(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, uint16(protocol))))
}

func (b *builder) packetSockets() {
	packet := func(label string, kind, protocol int, bound bool, options ...[2]int) int {
		fd := b.socket(unix.AF_PACKET, kind, networkOrder(protocol))
		if bound {
			b.bind(fd, &unix.SockaddrLinklayer{Protocol: uint16(networkOrder(protocol)), Ifindex: b.loopbackIndex()})
		}
		for _, o := range options {
			b.option(fd, unix.SOL_PACKET, o[0], o[1])
		}
		b.noteFamily(label, fd, Packet)
		return fd
	}
	packet("every protocol", unix.SOCK_RAW, unix.ETH_P_ALL, false)
	packet("IPv4 on one device", unix.SOCK_DGRAM, unix.ETH_P_IP, true)
	receiving := packet("ring of receiving", unix.SOCK_RAW, unix.ETH_P_ALL, true, [2]int{unix.PACKET_VERSION, tpacketV3})
	sending := packet("ring of sending", unix.SOCK_RAW, unix.ETH_P_ARP, false, [2]int{unix.PACKET_VERSION, tpacketV2},
		[2]int{unix.PACKET_AUXDATA, 1}, [2]int{unix.PACKET_ORIGDEV, 1}, [2]int{unix.PACKET_LOSS, 1}, [2]int{unix.PACKET_VNET_HDR, 1},
		[2]int{unix.PACKET_RESERVE, 24}, [2]int{unix.PACKET_COPY_THRESH, 7})
	for range 2 {
		packet("fanout", unix.SOCK_RAW, unix.ETH_P_ALL, true, [2]int{unix.PACKET_FANOUT, 0x77 | unix.PACKET_FANOUT_LB<<16})
	}
	filtered := packet("filter", unix.SOCK_RAW, unix.ETH_P_ALL, true)
	if b.err != nil {
		return
	}
	b.check(unix.SetsockoptTpacketReq3(receiving, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
		Block_size: 1 << 14, Block_nr: 4, Frame_size: 1 << 11, Frame_nr: 32, Retire_blk_tov: 60, Sizeof_priv: 16, Feature_req_word: 1}), "PACKET_RX_RING")
	b.check(unix.SetsockoptTpacketReq(sending, unix.SOL_PACKET, unix.PACKET_TX_RING, &unix.TpacketReq{
		Block_size: 1 << 12, Block_nr: 8, Frame_size: 1 << 10, Frame_nr: 32}), "PACKET_TX_RING")
	program := [...]unix.SockFilter{{Code: 0x28, K: 12}, {Code: 0x15, Jf: 1, K: unix.ETH_P_IP}, {Code: 6, K: 1 << 18}, {Code: 6}}
	b.check(unix.SetsockoptSockFprog(filtered, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{
		Len: uint16(len(program)), Filter: &program[0]}), "SO_ATTACH_FILTER")
}

// PacketFilter is the program that one packet socket of [Families] has, as the
// kernel's numbers in the words of `ss -b`.
const PacketFilter = "0x28 0 0 12, 0x15 0 1 2048, 0x06 0 0 262144, 0x06 0 0 0,"

func (b *builder) netlinkSockets() {
	route := b.socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	b.bind(route, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 | 1<<4})
	b.option(route, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, 33)
	b.noteFamily("groups", route, Netlink)
	events := b.socket(unix.AF_NETLINK, unix.SOCK_DGRAM, unix.NETLINK_KOBJECT_UEVENT)
	b.bind(events, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: 4444, Groups: 1})
	b.option(events, unix.SOL_NETLINK, unix.NETLINK_NO_ENOBUFS, 1)
	b.option(events, unix.SOL_NETLINK, unix.NETLINK_PKTINFO, 1)
	b.noteFamily("options", events, Netlink)
	peer := b.socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_USERSOCK)
	b.connect(peer, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: 4444, Groups: 1 << 2})
	b.noteFamily("with a peer", peer, Netlink)
}

// vsockSockets makes a listener, and a connection where the kernel has a loopback. Its
// ports are those of the whole machine on most kernels, so the kernel chooses.
func (b *builder) vsockSockets() {
	if b.err != nil {
		return
	}
	listener, err := unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return // a kernel without
	}
	b.fds = append(b.fds, listener)
	b.bind(listener, &unix.SockaddrVM{CID: unix.VMADDR_CID_ANY, Port: unix.VMADDR_PORT_ANY})
	b.listen(listener, 4)
	b.noteFamily("listener", listener, VSOCK)
	if b.err != nil {
		return
	}
	b.Made[len(b.Made)-1].State = Listen
	bound, err := unix.Getsockname(listener)
	b.check(err, "getsockname of a VSOCK listener")
	at, ok := bound.(*unix.SockaddrVM)
	client := b.socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0)
	if b.err != nil || !ok || unix.Connect(client, &unix.SockaddrVM{CID: unix.VMADDR_CID_LOCAL, Port: at.Port}) != nil {
		return
	}
	for _, fd := range []int{client, b.accept(listener)} {
		b.noteFamily("connection", fd, VSOCK)
		if b.err == nil {
			b.Made[len(b.Made)-1].State = Established
		}
	}
}

// xdpSockets makes a socket with memory and all rings on queue 0 of the loopback.
func (b *builder) xdpSockets() {
	if b.err != nil {
		return
	}
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return // a kernel without
	}
	b.fds = append(b.fds, fd)
	const chunk, chunks = 4096, 16
	memory, err := unix.Mmap(-1, 0, chunk*chunks, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if b.check(err, "memory of the XDP socket"); err != nil {
		return
	}
	b.closers = append(b.closers, func() error { return unix.Munmap(memory) })
	region := unix.XDPUmemReg{Addr: uint64(uintptr(unsafe.Pointer(&memory[0]))), Len: chunk * chunks, Size: chunk, Headroom: 64}
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_XDP, unix.XDP_UMEM_REG,
		uintptr(unsafe.Pointer(&region)), unsafe.Sizeof(region), 0)
	if errno != 0 {
		b.check(errno, "XDP_UMEM_REG")
	}
	b.option(fd, unix.SOL_XDP, unix.XDP_UMEM_FILL_RING, 32)
	b.option(fd, unix.SOL_XDP, unix.XDP_UMEM_COMPLETION_RING, 64)
	b.option(fd, unix.SOL_XDP, unix.XDP_RX_RING, 128)
	b.option(fd, unix.SOL_XDP, unix.XDP_TX_RING, 256)
	b.bind(fd, &unix.SockaddrXDP{Flags: unix.XDP_COPY, Ifindex: uint32(b.loopbackIndex())})
	b.noteFamily("all rings", fd, XDP)
}
