package sockdiag

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/bits"

	"sockeye/sock"
)

const (
	// tcpDiagGetSock is the type of the messages of kernels before 3.3, and of
	// what ss asks of them: TCPDIAG_GETSOCK of linux/inet_diag.h.
	tcpDiagGetSock = 18
	// maxDumpMessage bounds a message of a dump. The kernel's are below 2 KiB; ss
	// reads 16 KiB.
	maxDumpMessage = 64 << 10
	// dumpPrefix is how much tells a dump from other files.
	dumpPrefix = nlmsgHeaderLen
)

// dumpOrder tells the byte order of a dump from its first bytes. It is false if
// they do not begin one.
func dumpOrder(prefix []byte) (order binary.ByteOrder, ok bool) {
	if len(prefix) < dumpPrefix {
		return nil, false
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		size, kind := order.Uint32(prefix), order.Uint16(prefix[4:])
		switch {
		case size < nlmsgHeaderLen || size > maxDumpMessage:
		case kind == sockDiagByFamily || kind == tcpDiagGetSock || kind == nlmsgDone || kind == nlmsgError:
			return order, true
		}
	}
	return nil, false
}

// IsDump reports whether a file that begins with these bytes (16 are enough) is
// a raw dump as [Source.Dump] and `ss -D` write it, of any machine.
func IsDump(prefix []byte) bool {
	_, ok := dumpOrder(prefix)
	return ok
}

// Dump is a raw dump in a file: a [sock.Recording] of the TCP sockets in it, in
// their order. It is read as a stream, of which it holds one message, on any
// system.
type Dump struct {
	r      *bufio.Reader
	offset int64 // of the next message
	buf    []byte
	used   bool

	inet      inetDecoder
	ended     bool  // the last message was NLMSG_DONE
	malformed int   // rows that were not understood
	first     int64 // where the first of them is
}

var _ sock.Recording = (*Dump)(nil)

// errForeignOrder is the error of a dump that this machine cannot read.
var errForeignOrder = errors.New("it was made on a machine of the other byte order, and can be read on such a machine only")

// OpenDump begins to read a dump. It is an error if the bytes are no dump, or
// one of a machine of the other byte order.
func OpenDump(r io.Reader) (*Dump, error) {
	br := bufio.NewReaderSize(r, maxDumpMessage)
	prefix, err := br.Peek(dumpPrefix)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	order, ok := dumpOrder(prefix)
	if !ok {
		return nil, errors.New("it is no dump of sockets")
	}
	if order.Uint16([]byte{0, 1}) != native.Uint16([]byte{0, 1}) {
		return nil, errForeignOrder
	}
	return &Dump{r: br, inet: inetDecoder{protocol: sock.TCP}}, nil
}

// Name returns "dump".
func (*Dump) Name() string { return "dump" }

// Sockets streams the sockets of the dump that the query asks. What cannot be
// understood is told in a [*sock.Partial] and the stream goes on; bytes that are
// no message end it with an error that names the place.
func (d *Dump) Sockets(ctx context.Context, q sock.Query) iter.Seq2[*sock.Socket, error] {
	return func(yield func(*sock.Socket, error) bool) {
		if d.used {
			yield(nil, errors.New("the dump was read already"))
			return
		}
		d.used = true
		var s sock.Socket
		for {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			at := d.offset
			m, err := d.next()
			if errors.Is(err, io.EOF) {
				d.end(yield)
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("byte %d: %w", at, err))
				return
			}
			if !d.message(m, at, &s, &q, yield) {
				return
			}
		}
	}
}

// next reads one message. The error behind the last one is io.EOF.
func (d *Dump) next() (message, error) {
	var header [nlmsgHeaderLen]byte
	n, err := io.ReadFull(d.r, header[:])
	if err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the file ends in the middle of a message")
		}
		return message{}, err
	}
	size := native.Uint32(header[:])
	if size < nlmsgHeaderLen || size > maxDumpMessage {
		return message{}, fmt.Errorf("no message has %d bytes", size)
	}
	length := int(size) - nlmsgHeaderLen
	if cap(d.buf) < length {
		d.buf = make([]byte, 1<<bits.Len(uint(length)))
	}
	payload := d.buf[:length]
	if _, err := io.ReadFull(d.r, payload); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the file ends in the middle of a message")
		}
		return message{}, err
	}
	// The last message may come without its padding.
	padding, err := d.r.Discard(align4(length) - length)
	if err != nil && !errors.Is(err, io.EOF) {
		return message{}, err
	}
	d.offset += int64(int(size) + padding)
	return message{
		kind: native.Uint16(header[4:]), flags: native.Uint16(header[6:]),
		seq: native.Uint32(header[8:]), port: native.Uint32(header[12:]), payload: payload,
	}, nil
}

// message handles one message and reports whether the stream goes on.
func (d *Dump) message(m message, at int64, s *sock.Socket, q *sock.Query, yield func(*sock.Socket, error) bool) bool {
	d.ended = m.kind == nlmsgDone
	switch m.kind {
	case sockDiagByFamily, tcpDiagGetSock:
		v := d.inet.decode(m.payload, s)
		if v != understood {
			if d.malformed == 0 {
				d.first = at
			}
			d.malformed++
		}
		return v == rejected || !q.Allows(s) || yield(s, nil)
	case nlmsgDone, nlmsgError:
		if errno, _ := messageErrno(m.payload); errno != 0 {
			return yield(nil, &sock.Partial{Code: sock.CodeUnavailable, Incomplete: true,
				Message: fmt.Sprintf("byte %d: a part of the dump failed when it was made (error %d)", at, errno)})
		}
	case nlmsgOverrun:
		return yield(nil, &sock.Partial{Code: sock.CodeInterrupted, Incomplete: true,
			Message: fmt.Sprintf("byte %d: messages were lost when the dump was made", at)})
	case nlmsgNoop:
	default:
		yield(nil, fmt.Errorf("byte %d: a message of type %d is not about sockets", at, m.kind))
		return false
	}
	return true
}

// end tells what is wrong with the dump as a whole.
func (d *Dump) end(yield func(*sock.Socket, error) bool) {
	if d.malformed > 0 && !yield(nil, &sock.Partial{Code: sock.CodeMalformed, Incomplete: true,
		Message: fmt.Sprintf("%d of the messages could not be understood, the first at byte %d", d.malformed, d.first)}) {
		return
	}
	if !d.ended {
		yield(nil, &sock.Partial{Code: sock.CodeInput, Incomplete: true,
			Message: "the dump has no end: it was cut, or never finished"})
	}
}
