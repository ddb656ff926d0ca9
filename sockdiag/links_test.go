package sockdiag

import (
	"errors"
	"maps"
	"slices"
	"testing"
)

// linkMessage is a message of a dump of RTM_GETLINK, of an interface that is up.
func linkMessage(index uint32, flags uint16, attributes ...[]byte) []byte {
	return linkWith(ifFlagUp, index, flags, attributes...)
}

func linkWith(interfaceFlags, index uint32, flags uint16, attributes ...[]byte) []byte {
	b := appendHeader(nil, rtmNewLink, flags)
	b = native.AppendUint32(append(b, 0, 0, 1, 0), index)
	b = append(native.AppendUint32(b, interfaceFlags), make([]byte, 4)...)
	b = append(b, slices.Concat(attributes...)...)
	seal(b, 1)
	return b
}

// linkKind is the kind of a device, or as what its master has it.
func linkKind(kind uint16, name string) []byte {
	return attribute(iflaLinkInfo, attribute(kind, append([]byte(name), 0)...)...)
}

func masterOf(index uint32) []byte {
	return attribute(iflaMaster, native.AppendUint32(nil, index)...)
}

// TestLinks: a VRF and its members, of Linux 6.12, among a bridge and its port.
func TestLinks(t *testing.T) {
	name := attribute(3, []byte("eth0\x00")...)
	whole := slices.Concat(
		linkWith(ifFlagUp|ifFlagLoopback, 1, 2, name, attribute(iflaAddress, 0, 0, 0, 0, 0, 0)),
		linkMessage(2, 2, name, linkKind(iflaInfoKind, "vrf")),
		linkMessage(3, 2, name, masterOf(2), attribute(iflaLinkInfo, slices.Concat(
			attribute(iflaInfoKind, []byte("veth\x00")...), attribute(iflaInfoSlaveKind, []byte("vrf\x00")...))...)),
		linkMessage(4, 2, name, linkKind(iflaInfoKind, "bridge"), masterOf(2)), // as what is not told
		linkWith(0, 5, 2, attribute(iflaAddress, 2, 1, 2, 3, 4, 5), masterOf(4), linkKind(iflaInfoSlaveKind, "bridge")),
		linkMessage(6, 2, attribute(iflaMaster, 2, 0), linkKind(iflaInfoSlaveKind, "vrf")), // of no length that there is
		linkMessage(7, 2, masterOf(2), linkKind(iflaInfoSlaveKind, "vrf_of_others")),
		doneMessage(),
	)
	got, err := Links(whole)
	if want := map[uint32]Link{
		1: {Name: "eth0", Hardware: "\x00\x00\x00\x00\x00\x00", Up: true, Loopback: true}, 2: {Name: "eth0", VRF: 2, Up: true},
		3: {Name: "eth0", VRF: 2, Up: true}, 4: {Name: "eth0", Up: true},
		5: {Hardware: "\x02\x01\x02\x03\x04\x05"}, 6: {Up: true}, 7: {Up: true},
	}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if got, err := Links(append(whole, linkMessage(1, nlmFDumpIntr)...)); got != nil || !errors.Is(err, ErrInterrupted) {
		t.Errorf("a dump that was interrupted: %v, %v", got, err)
	}
	if _, err := Links(whole[:len(whole)-4]); !errors.Is(err, errCut) {
		t.Errorf("a dump that was cut: %v", err)
	}
	short := appendHeader(nil, rtmNewLink, 2)
	short = append(short, make([]byte, ifInfoMsgLen-4)...)
	seal(short, 1)
	if _, err := Links(short); !errors.Is(err, errCut) {
		t.Errorf("a message without its fixed part: %v", err)
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(slices.Concat(linkMessage(2, 2, linkKind(iflaInfoKind, "vrf")), linkMessage(3, 2, masterOf(2), linkKind(iflaInfoSlaveKind, "vrf")), doneMessage()))
	f.Add(linkMessage(2, nlmFDumpIntr, linkKind(iflaInfoKind, "vrf")))
	f.Fuzz(func(t *testing.T, dump []byte) {
		all, err := Links(dump)
		if (err == nil) != (all != nil) || len(all) > len(dump)/(nlmsgHeaderLen+ifInfoMsgLen) {
			t.Errorf("%d interfaces, %v", len(all), err)
		}
	})
}
