package snapshot

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"time"

	"sockeye/sock"
)

// socket fills s with what a record says. The error is about the first member
// that means nothing.
func (rec *record) socket(s *sock.Socket, processes *processes) error {
	s.Reset()
	return errors.Join(rec.what(s), rec.where(s), rec.counters(s), rec.owners(s, processes), rec.facts(s))
}

func (rec *record) what(s *sock.Socket) error {
	var ok bool
	if s.Protocol, ok = sock.ParseProtocol(rec.Protocol); !ok {
		return fmt.Errorf("unknown protocol %q", rec.Protocol)
	}
	if s.State, ok = sock.ParseState(rec.State); !ok && rec.State != sock.StateUnknown.String() {
		return fmt.Errorf("unknown state %q", rec.State)
	}
	if s.Family, ok = sock.ParseFamily(rec.Family); !ok && rec.Family != sock.FamilyUnknown.String() {
		return fmt.Errorf("unknown family %q", rec.Family)
	}
	return nil
}

func (rec *record) where(s *sock.Socket) error {
	var errs [3]error
	s.Local, errs[0] = rec.end(s, rec.LocalAddress, rec.LocalPort, sock.FieldLocal)
	s.Remote, errs[1] = rec.end(s, rec.RemoteAddress, rec.RemotePort, sock.FieldRemote)
	if rec.Interface != "" || rec.InterfaceIndex != 0 {
		s.Interface, s.IfIndex = rec.Interface, rec.InterfaceIndex
		s.Known |= sock.FieldInterface
	}
	set(s, &s.V6Only, rec.V6Only, sock.FieldV6Only)
	s.Path = rec.path(s, rec.LocalPath, rec.Abstract, sock.FieldPath)
	s.PeerPath = rec.path(s, rec.PeerPath, rec.PeerAbstract, sock.FieldPeerPath)
	set(s, &s.PeerInode, rec.PeerInode, sock.FieldPeerInode)
	if rec.Type != "" {
		var ok bool
		if s.Type, ok = sock.ParseSocketType(rec.Type); !ok {
			errs[2] = fmt.Errorf("unknown type %q", rec.Type)
		}
		s.Known |= sock.FieldType
	}
	return errors.Join(errs[:]...)
}

// end reads an address and a port. A zone in the address, which the writer
// never writes, becomes the interface.
func (rec *record) end(s *sock.Socket, address string, port *uint16, field sock.Field) (netip.AddrPort, error) {
	if address == "" && port == nil {
		return netip.AddrPort{}, nil
	}
	s.Known |= field
	var addr netip.Addr
	if address != "" {
		var err error
		if addr, err = netip.ParseAddr(address); err != nil {
			return netip.AddrPort{}, fmt.Errorf("bad address %q", address)
		}
		if zone := addr.Zone(); zone != "" && rec.Interface == "" {
			rec.Interface = zone
		}
		addr = addr.WithZone("").Unmap()
	}
	if port == nil {
		return netip.AddrPortFrom(addr, 0), nil
	}
	return netip.AddrPortFrom(addr, *port), nil
}

func (rec *record) path(s *sock.Socket, path string, abstract bool, field sock.Field) string {
	if path == "" {
		return ""
	}
	s.Known |= field
	if abstract && path[0] == '@' {
		return "\x00" + path[1:]
	}
	return path
}

func (rec *record) counters(s *sock.Socket) error {
	set(s, &s.RecvQueue, rec.RecvQueue, sock.FieldRecvQueue)
	set(s, &s.SendQueue, rec.SendQueue, sock.FieldSendQueue)
	set(s, &s.Backlog, rec.Backlog, sock.FieldBacklog)
	set(s, &s.Mark, rec.Mark, sock.FieldMark)
	set(s, &s.UID, rec.UID, sock.FieldUID)
	if rec.Inode != 0 {
		s.Inode = rec.Inode
		s.Known |= sock.FieldInode
	}
	if rec.User != "" {
		s.User = rec.User
		s.Known |= sock.FieldUser
	}
	if rec.Netns != nil {
		s.Netns = sock.Netns{Inode: rec.Netns.Inode, Name: rec.Netns.Name}
		s.Known |= sock.FieldNetns
		if rec.Netns.Name != "" {
			s.Known |= sock.FieldNetnsName
		}
	}
	if rec.CreatedAt != "" {
		at, err := time.Parse(time.RFC3339Nano, rec.CreatedAt)
		if err != nil {
			return fmt.Errorf("bad created_at %q", rec.CreatedAt)
		}
		s.Created = at.UTC()
		s.Known |= sock.FieldCreated
	}
	if rec.Cookie == "" {
		return nil
	}
	s.Known |= sock.FieldCookie
	var err error
	if s.Cookie, err = strconv.ParseUint(rec.Cookie, 16, 64); err != nil {
		return fmt.Errorf("bad cookie %q", rec.Cookie)
	}
	return nil
}

func (rec *record) owners(s *sock.Socket, processes *processes) error {
	if rec.OwnerStatus != "" {
		var ok bool
		if s.OwnerStatus, ok = sock.ParseOwnerStatus(rec.OwnerStatus); !ok {
			return fmt.Errorf("unknown owner_status %q", rec.OwnerStatus)
		}
	} else if len(rec.Owners) > 0 {
		s.OwnerStatus = sock.OwnerKnown
	}
	if s.OwnerStatus == sock.OwnerNotSearched {
		return nil
	}
	s.Known |= sock.FieldOwners
	for i := range rec.Owners {
		p, err := processes.get(&rec.Owners[i])
		if err != nil {
			return err
		}
		o := sock.Owner{Process: p, FD: sock.NoFD, TID: rec.Owners[i].TID, Service: rec.Owners[i].Service}
		if fd := rec.Owners[i].FD; fd != nil {
			o.FD = *fd
		}
		if o.Service != "" {
			s.Known |= sock.FieldService
		}
		s.Owners = append(s.Owners, o)
	}
	sock.SortOwners(s.Owners)
	set(s, &s.CreatorPID, rec.CreatorPID, sock.FieldCreator)
	for i := range rec.CreatorChildren {
		p, err := processes.get(&rec.CreatorChildren[i])
		if err != nil {
			return err
		}
		s.CreatorChildren = append(s.CreatorChildren, p)
	}
	if rec.ListenerPID == nil {
		return nil
	}
	var err error
	s.Listener, err = processes.get(&ownerRecord{PID: rec.ListenerPID, Process: rec.ListenerProcess})
	return err
}

func (rec *record) facts(s *sock.Socket) error {
	set(s, &s.TOS, rec.TOS, sock.FieldTOS)
	set(s, &s.TrafficClass, rec.TrafficClass, sock.FieldTrafficClass)
	if rec.CgroupID != 0 {
		s.CgroupID = rec.CgroupID
		s.Known |= sock.FieldCgroupID
	}
	if rec.Cgroup != "" {
		s.Cgroup = rec.Cgroup
		s.Known |= sock.FieldCgroup
	}
	if rec.Memory != nil {
		s.Memory = rec.Memory.Memory
		s.Known |= sock.FieldMemory
	}
	if rec.Congestion != "" {
		s.Congestion = rec.Congestion
		s.Known |= sock.FieldCongestion
	}
	return errors.Join(rec.timer(s), rec.tcpInfo(s), rec.shutdown(s))
}

func (rec *record) timer(s *sock.Socket) error {
	t := rec.Timer
	if t == nil {
		return nil
	}
	kind, ok := sock.ParseTimerKind(t.Name)
	if !ok {
		return fmt.Errorf("unknown timer %q", t.Name)
	}
	if t.ExpiresMS < 0 || t.ExpiresMS > math.MaxInt64/int64(time.Millisecond) {
		return fmt.Errorf("bad expires_ms %d", t.ExpiresMS)
	}
	s.Known |= sock.FieldTimer
	s.Timer = sock.Timer{Kind: kind}
	if kind != sock.TimerOff {
		s.Timer.Expires = time.Duration(t.ExpiresMS) * time.Millisecond
		s.Timer.Retransmits = t.Retransmits
	}
	return nil
}

func (rec *record) tcpInfo(s *sock.Socket) error {
	if rec.TCPInfo == nil {
		return nil
	}
	s.Known |= sock.FieldTCPInfo
	s.TCPInfo = new(sock.TCPInfo)
	for name, raw := range rec.TCPInfo {
		f, ok := sock.ParseTCPInfoField(name)
		if !ok || string(raw) == "null" {
			continue
		}
		v, err := strconv.ParseUint(string(raw), 10, 64)
		if err != nil {
			return fmt.Errorf("bad %s %s", name, raw)
		}
		s.TCPInfo.Set(f, v)
	}
	return nil
}

func (rec *record) shutdown(s *sock.Socket) error {
	if rec.Shutdown == "" {
		return nil
	}
	for bits, word := range shutdownWords {
		if word == rec.Shutdown {
			s.Shutdown = sock.Shutdown(bits)
			s.Known |= sock.FieldShutdown
			return nil
		}
	}
	return fmt.Errorf("unknown shutdown %q", rec.Shutdown)
}

// set takes over a member that is there.
func set[T any](s *sock.Socket, to, from *T, field sock.Field) {
	if from != nil {
		*to = *from
		s.Known |= field
	}
}
