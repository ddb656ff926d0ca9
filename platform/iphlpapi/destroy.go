package iphlpapi

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"sockeye/sock"
)

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
		// Others saw it for a connection that had ended, too: Destroy tells that.
		return "SetTcpEntry: this program is not elevated (317)"
	}
	return (&CallError{Call: "SetTcpEntry", Code: e.Code}).Error()
}

// Is makes a refusal a [sock.ErrNotPermitted] and an [fs.ErrPermission].
func (e *DestroyError) Is(target error) bool {
	switch e.Code {
	case codeAccessDenied:
		return target == sock.ErrNotPermitted || target == fs.ErrPermission
	case codeNotSupported:
		return target == sock.ErrNotDestroyable
	}
	return false
}

// Destroy closes a TCP connection over IPv4, as SetTcpEntry does: the peer gets
// a reset. It needs an elevated administrator. SetTcpEntry is told the two ends
// alone, which another connection may have since k was listed: the table is read
// again, and the PID and the creation time that k knows compared. The error is a
// [*DestroyError], or wraps [sock.ErrEnded], the [*CallError] of a table that
// cannot be read, or [sock.ErrNotDestroyable] for anything else than such a
// connection: end the process instead.
func (s *Source) Destroy(ctx context.Context, k *sock.Socket) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	row, err := tcpRow(k)
	if err != nil {
		return err
	}
	if err := s.present.confirm(ctx, &s.sys, k, presentAge); err != nil {
		return err
	}
	code := s.sys.setTCPEntry(row[:])
	if code == codeSuccess {
		return nil
	}
	// The other end of a connection on this machine has ended with the first.
	if err := s.present.confirm(ctx, &s.sys, k, 0); errors.Is(err, sock.ErrEnded) {
		return err
	}
	return &DestroyError{Code: code}
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
		return row, fmt.Errorf("%w: %s", sock.ErrNotDestroyable, reason)
	}
	local, remote := k.Local.Addr().As4(), k.Remote.Addr().As4()
	binary.LittleEndian.PutUint32(row[0:], stateDeleteTCB)
	copy(row[4:], local[:])
	binary.BigEndian.PutUint16(row[8:], k.Local.Port())
	copy(row[12:], remote[:])
	binary.BigEndian.PutUint16(row[16:], k.Remote.Port())
	return row, nil
}
