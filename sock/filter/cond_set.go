package filter

import "sockeye/sock"

// StateCond is true if the state of the socket is in Set.
type StateCond struct{ Set sock.StateSet }

func (c *StateCond) match(s *sock.Socket) bool { return c.Set.Has(s.State) }
func (c *StateCond) needs() sock.Field         { return 0 }

func (c *StateCond) reach() (yes, no space) {
	yes, no = everywhere, everywhere
	yes.states, no.states = c.Set, sock.AllStates&^c.Set
	return yes.tidy(), no.tidy()
}

// ProtocolCond is true if the protocol of the socket is in Set.
type ProtocolCond struct{ Set sock.ProtocolSet }

func (c *ProtocolCond) match(s *sock.Socket) bool { return c.Set.Has(s.Protocol) }
func (c *ProtocolCond) needs() sock.Field         { return 0 }

func (c *ProtocolCond) reach() (yes, no space) {
	yes, no = everywhere, everywhere
	yes.protocols, no.protocols = c.Set, allProtocols&^c.Set
	return yes.tidy(), no.tidy()
}

// FamilyCond is true if the family of the socket is in Set.
type FamilyCond struct{ Set sock.FamilySet }

func (c *FamilyCond) match(s *sock.Socket) bool { return c.Set.Has(s.Family) }
func (c *FamilyCond) needs() sock.Field         { return 0 }

func (c *FamilyCond) reach() (yes, no space) {
	return onlyFamilies(c.Set), onlyFamilies(allFamilies &^ c.Set)
}
