package sockdiag

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"sockeye/sock"
)

// addressMessage is a message of a dump of RTM_GETADDR.
func addressMessage(family uint8, index uint32, flags uint16, attributes ...[]byte) []byte {
	b := appendHeader(nil, rtmNewAddr, flags)
	b = native.AppendUint32(append(b, family, 24, 0, 0), index)
	b = append(b, slices.Concat(attributes...)...)
	seal(b, 1)
	return b
}

func ip(text string) []byte { return netip.MustParseAddr(text).AsSlice() }

// doneMessage ends a dump.
func doneMessage() []byte {
	b := appendHeader(nil, nlmsgDone, 2)
	b = native.AppendUint32(b, 0)
	seal(b, 1)
	return b
}

func TestInterfaceAddresses(t *testing.T) {
	const afInet, afInet6 = 2, 10
	whole := slices.Concat(
		addressMessage(afInet, 1, 2, attribute(ifaAddress, ip("127.0.0.1")...), attribute(ifaLocal, ip("127.0.0.1")...), attribute(3, 'l', 'o', 0)),
		addressMessage(afInet, 3, 2, attribute(ifaAddress, ip("10.0.0.2")...), attribute(ifaLocal, ip("10.0.0.1")...)), // a link with two ends
		addressMessage(afInet6, 3, 2, attribute(ifaAddress, ip("fe80::1")...), attribute(6, make([]byte, 16)...)),
		addressMessage(afInet6, 4, 2),                                 // without an address
		addressMessage(afInet6, 4, 2, attribute(ifaAddress, 1, 2, 3)), // of no length that there is
		doneMessage(),
	)
	got, err := InterfaceAddresses(whole)
	want := []sock.InterfaceAddress{
		{Interface: 1, Address: netip.MustParseAddr("127.0.0.1")},
		{Interface: 3, Address: netip.MustParseAddr("10.0.0.1")},
		{Interface: 3, Address: netip.MustParseAddr("fe80::1")},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if got, err := InterfaceAddresses(nil); got != nil || err != nil {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	if _, err := InterfaceAddresses(append(whole, addressMessage(afInet, 1, nlmFDumpIntr)...)); !errors.Is(err, ErrInterrupted) {
		t.Errorf("a dump that was interrupted: %v", err)
	}
	for _, size := range []int{len(whole) - 1, len(whole) - 4, nlmsgHeaderLen, 3} {
		if _, err := InterfaceAddresses(whole[:size]); !errors.Is(err, errCut) {
			t.Errorf("%d bytes of %d: %v", size, len(whole), err)
		}
	}
	short := appendHeader(nil, rtmNewAddr, 2)
	seal(short, 1)
	if _, err := InterfaceAddresses(short); !errors.Is(err, errCut) {
		t.Errorf("a message without its fixed part: %v", err)
	}
}

// TestDumpEnd: a dump goes on until its end is said, and fails as the kernel says.
func TestDumpEnd(t *testing.T) {
	row := addressMessage(afInet, 1, 2)
	for _, test := range []struct {
		datagram []byte
		ended    bool
		err      error
	}{
		{row, false, nil},
		{slices.Concat(row, doneMessage()), true, nil},
		{netlinkMessage(nlmsgError, 0, 1, 0, errnoPayload(-1)), true, syscall.EPERM},
		{netlinkMessage(nlmsgError, 0, 1, 0, nil), true, errCut},
		{slices.Concat(row, row[:20]), true, errCut},
		{nil, false, nil},
	} {
		if ended, err := DumpEnd(test.datagram); ended != test.ended || !errors.Is(err, test.err) {
			t.Errorf("%x: %v, %v, want %v, %v", test.datagram, ended, err, test.ended, test.err)
		}
	}
}

func FuzzInterfaceAddresses(f *testing.F) {
	f.Add(slices.Concat(addressMessage(2, 1, 2, attribute(ifaAddress, ip("10.0.0.2")...), attribute(ifaLocal, ip("10.0.0.1")...)), doneMessage()))
	f.Add(addressMessage(10, 1, nlmFDumpIntr, attribute(ifaAddress, ip("fe80::1")...)))
	f.Fuzz(func(t *testing.T, dump []byte) {
		_, _ = DumpEnd(dump)
		all, err := InterfaceAddresses(dump)
		if err != nil && all != nil || len(all) > len(dump)/nlmsgHeaderLen {
			t.Errorf("%d addresses, %v", len(all), err)
		}
		for _, a := range all {
			if !a.Address.IsValid() || a.Address.Zone() != "" {
				t.Errorf("an address %v", a)
			}
		}
	})
}
