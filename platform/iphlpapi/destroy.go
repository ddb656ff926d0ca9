package iphlpapi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"sockeye/sock"
)

// ErrCannotClose is wrapped by the error of [Source.Destroy] for a socket that
// no call of Windows closes from outside of its process.
var ErrCannotClose = errors.New("no call of this system closes it")

// DestroyError is a connection that could not be closed.
type DestroyError struct {
	// Code is what SetTcpEntry returned, a Win32 error.
	Code uint32
}

// Error says what the code means for a connection.
func (e *DestroyError) Error() string {
	switch e.Code {
	case codeAccessDenied:
		return "SetTcpEntry: access is denied: closing a connection needs an elevated administrator"
	case codeInvalidParameter:
		return "SetTcpEntry: the connection is not in a state in which it can be closed"
	case codeNotSupported:
		return "SetTcpEntry: this machine has no IPv4"
	case codeMessageNotFound:
		// Documented for a program that is not elevated; also seen for a
		// connection that ended before.
		return "SetTcpEntry: the connection has ended already, or this program is not elevated (317)"
	}
	return (&CallError{Call: "SetTcpEntry", Code: e.Code}).Error()
}

// Is makes a refusal an [fs.ErrPermission].
func (e *DestroyError) Is(target error) bool {
	return e.Code == codeAccessDenied && target == fs.ErrPermission
}

// ErrChanged is wrapped by the error of [Source.Destroy] for a connection that has
// ended since it was listed, whether or not another has its ends now.
var ErrChanged = errors.New("it is no more the connection that was listed")

// Destroy closes a TCP connection over IPv4, as SetTcpEntry does: the peer gets
// a reset. It needs an elevated administrator. SetTcpEntry is told the two ends
// alone, which another connection may have since k was listed: the table is read
// again, and the PID and the creation time that k knows compared. The error is a
// [*DestroyError], or wraps [ErrChanged], the [*CallError] of a table that cannot
// be read, or [ErrCannotClose] for anything else than such a connection: end the
// process instead.
func (s *Source) Destroy(ctx context.Context, k *sock.Socket) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	row, err := tcpRow(k)
	if err != nil {
		return err
	}
	if err := s.present.confirm(ctx, &s.sys, k); err != nil {
		return err
	}
	if code := s.sys.setTCPEntry(row[:]); code != codeSuccess {
		return &DestroyError{Code: code}
	}
	return nil
}

// tcpRow returns the MIB_TCPROW that closes a connection.
func tcpRow(k *sock.Socket) ([20]byte, error) {
	var row [20]byte
	reason := ""
	switch {
	case k.Protocol != sock.TCP:
		reason = fmt.Sprintf("SetTcpEntry closes TCP connections, and this is %s", k.Protocol)
	case k.Family != sock.IPv4:
		reason = "SetTcpEntry closes connections of IPv4 only"
	case k.State == sock.Listen:
		reason = "this is a listener: only its process can close it"
	case !k.Knows(sock.FieldLocal|sock.FieldRemote) || !k.Local.Addr().Is4() || !k.Remote.Addr().Is4():
		reason = "this is not a connection"
	}
	if reason != "" {
		return row, fmt.Errorf("%w: %s", ErrCannotClose, reason)
	}
	local, remote := k.Local.Addr().As4(), k.Remote.Addr().As4()
	binary.LittleEndian.PutUint32(row[0:], stateDeleteTCB)
	copy(row[4:], local[:])
	binary.BigEndian.PutUint16(row[8:], k.Local.Port())
	copy(row[12:], remote[:])
	binary.BigEndian.PutUint16(row[16:], k.Remote.Port())
	return row, nil
}
