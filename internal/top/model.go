package top

import (
	"context"
	"time"

	"sockeye/render"
	"sockeye/sock"
	"sockeye/sock/escape"
	"sockeye/sock/fact"
	"sockeye/sock/filter"
)

// Settings are how the view begins.
type Settings struct {
	Host     string
	Interval time.Duration
	// Shape is how the table looks: columns, sort, colour, names. Grouping is the
	// view's.
	Shape render.Options
	// Facts are those that there can be here.
	Facts sock.Field
	// Groups are what the rows may be grouped by, one after the other; Group is the
	// place of the first of them that is used, -1 for none.
	Groups [][]*render.Column
	Group  int
	// Text is the filter as it stands on the screen, Filter what it means.
	Text   string
	Filter *filter.Filter
	// Unseen is why connections that live shorter than the time between two listings
	// are not seen; empty if they are.
	Unseen string
}

// Machine is what the view asks of the machine and does there. All of it is called
// beside the screen. What is nil is not possible here, and not offered.
type Machine struct {
	// List streams the sockets that the tables of a filter hold, whether it matches
	// them or not, over one reused record.
	List func(ctx context.Context, f *filter.Filter, want sock.Field, each func(*sock.Socket)) (sock.Snapshot, error)
	// Parse reads a filter. Names of hosts are looked up only if that is said, since
	// that may take a while: see [ErrUnresolved].
	Parse func(text string, lookUp bool) (*filter.Filter, error)
	// Detail reads all that can be known of one socket; nil if it is not there.
	Detail func(context.Context, *sock.Socket) (*sock.Socket, error)
	// Close closes a connection.
	Close func(context.Context, *sock.Socket) error
	// Process takes hold of a process, so that a signal goes to it and to no other
	// that got its PID since. Signals are what can be sent.
	Process func(pid int) (Process, error)
	Signals []Signal
	// Export writes what a filter matches to a new file and returns the number.
	Export func(ctx context.Context, name string, f *filter.Filter) (int, error)
	// Ends tells of each socket that ends, over one reused record with its event, and
	// how many such events were lost so far, until the context ends or it cannot.
	Ends func(ctx context.Context, each func(*sock.Socket), lost func(uint64)) error
	// Doctor looks at the passes.
	Doctor *Doctor
	// Now is the time.
	Now func() time.Time
}

// message is something that happened: one of the types with that ending.
type message any

// effect is work to be done beside the screen, which ends in a message; nil: in none.
type effect func(context.Context) message

// The messages, beside those of the effects.
type (
	sizeMessage  struct{ width, height int }
	keyMessage   string // as bubbletea calls it: "j", "pgdown", "ctrl+c", "space"
	textMessage  string // typed or pasted; it never is a command
	mouseMessage struct {
		x, y  int
		wheel int // lines: negative is up; 0 is a click
	}
	tickMessage   struct{}
	resumeMessage struct{}
	passMessage   struct {
		pass *pass
		err  error
	}
	doneMessage string // what became of an action
)

// What the program is asked to do, by an effect.
type (
	quitMessage    struct{}
	suspendMessage struct{}
	copyMessage    string
)

// model is all that is shown and how it came to that. Messages alone change it.
type model struct {
	Settings
	machine Machine
	maker   maker
	layout  *render.Layout
	grid    *render.Grid

	width, height int

	pass    *pass
	waiting *pass // came while the screen was frozen
	frozen  bool
	listing bool // a pass is being made
	again   bool // and another is wanted at once

	sort    []render.SortKey
	ordered bool // by the user or the command line
	group   int
	groups  []*group
	inside  *group  // the rows of one group are shown; nil: all
	order   []int32 // the rows that are shown, by their place in the pass
	ranks   []rank
	left    int // cells that are scrolled out to the left
	widest  int // cells of the widest row on the screen
	top     int // the first line of the list on the screen
	cursor  int // the chosen line
	chosen  uint64
	trails  map[uint64]*trail

	filterText string
	history    []string
	prompt     *prompt
	question   *question
	note       string // what is to be said, until the next key; names in it are escaped
	said       map[string]bool

	helping bool
	helpTop int

	details   bool          // the pane below the list is open
	pane      pane          // what stands there
	detail    detailMessage // what was read last
	detailing bool
	detailTop int

	records []record // for the rows on the screen
	scratch [2]record
}

// newModel returns a view that has seen nothing yet.
func newModel(s Settings, machine Machine) (*model, error) {
	m := &model{
		Settings: s, machine: machine, width: 80, height: 24, group: s.Group, sort: s.Shape.Sort, ordered: s.Shape.Sort != nil,
		filterText: s.Text, trails: map[uint64]*trail{}, said: map[string]bool{},
	}
	if !m.ordered && s.Facts.Has(sock.FieldRates) {
		m.sort = busiest()
	}
	shape := s.Shape
	shape.Sort, shape.Group, shape.Limit, shape.Header, shape.Stay = nil, nil, 0, true, true
	var err error
	if m.layout, err = shape.Layout(); err != nil {
		return nil, err
	}
	m.grid = render.NewGrid(m.layout)
	m.maker.looks.Doctor = machine.Doctor
	return m, nil
}

// busiest is the order of a view of which nobody chose one.
func busiest() []render.SortKey {
	keys, err := render.ParseSort("-send_rate,-recv_rate")
	if err != nil {
		panic(err) // the words are ours
	}
	return keys
}

// begin returns what is to be done first.
func (m *model) begin() []effect {
	return append(append(m.list(), m.maker.ends.begin(m.machine)...), m.wait())
}

// update takes a message and returns what is to be done.
func (m *model) update(msg message) []effect {
	switch msg := msg.(type) {
	case sizeMessage:
		if msg.width != m.width {
			m.grid.Reset()
		}
		m.width, m.height = msg.width, msg.height
		m.reveal()
	case keyMessage:
		return m.key(string(msg))
	case textMessage:
		return m.typed(string(msg))
	case mouseMessage:
		return m.mouse(msg)
	case tickMessage:
		return append(m.list(), m.wait())
	case resumeMessage:
		return m.list()
	case passMessage:
		return m.passed(msg)
	case detailMessage:
		return m.detailed(msg)
	case filterMessage:
		return m.lookedUp(msg)
	case endsMessage:
		m.unseen(msg)
	case *question:
		m.question = msg
	case doneMessage:
		m.note = string(msg)
		return m.list()
	}
	return nil
}

// wait is the time to the next pass.
func (m *model) wait() effect {
	interval := m.Interval
	return func(ctx context.Context) message {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(interval):
			return tickMessage{}
		}
	}
}

// list makes another pass, unless one is being made or nothing is to change.
func (m *model) list() []effect {
	switch {
	case m.frozen:
		return nil
	case m.listing:
		return nil
	}
	m.listing, m.again = true, false
	a, f, list := m.asks(), m.Filter, m.machine.List
	a.filter = f
	a.list = func(ctx context.Context, want sock.Field, each func(*sock.Socket)) (sock.Snapshot, error) {
		return list(ctx, f, want, each)
	}
	return []effect{func(ctx context.Context) message {
		p, err := m.maker.make(ctx, a)
		return passMessage{p, err}
	}}
}

// relist makes another pass as soon as possible: something else is wanted of it.
func (m *model) relist() []effect {
	m.again = m.listing
	return m.list()
}

// asks is what the next pass is to hold.
func (m *model) asks() ask {
	facts := m.layout.Needs() | m.Filter.Needs() | sock.FieldOwners | sock.ComparedFields | identity
	info := m.Filter.Needs().Has(sock.FieldTCPInfo)
	use := func(c *render.Column) {
		facts |= c.Asks()
		info = info || needsInfo(c)
	}
	for _, c := range m.layout.Columns {
		info = info || needsInfo(c)
	}
	for _, k := range m.sort {
		use(k.Column)
	}
	for _, c := range m.grouping() {
		use(c)
	}
	facts &= m.Facts | sock.ComparedFields&m.Facts
	return ask{
		wish: wish{facts: facts, info: info}, equal: equalBy(m.layout.Compared()), now: m.machine.Now, stay: m.stay(), span: m.Interval / 4,
	}
}

// identity are the facts by which a socket is found again, or acted on.
const identity = sock.FieldCookie | sock.FieldLocal | sock.FieldRemote | sock.FieldInode | sock.FieldInterface |
	sock.FieldPath | sock.FieldCreated

// needsInfo reports whether a column shows more of tcp_info than each row holds.
func needsInfo(c *render.Column) bool {
	return c.Asks().Has(sock.FieldTCPInfo) && fact.Lookup(c.Name) != fact.Lookup("tcp_info.rtt_us")
}

// stay is how long marks stay.
func (m *model) stay() time.Duration { return max(3*time.Second, 2*m.Interval) }

// passed takes a pass. While the screen is frozen it waits, unless there is none yet.
func (m *model) passed(msg passMessage) []effect {
	m.listing = false
	switch {
	case msg.err != nil:
		m.note = "a pass failed: " + errorText(msg.err)
	case m.frozen && m.pass != nil:
		m.waiting = msg.pass
		return nil
	default:
		m.show(msg.pass)
	}
	effects := m.readDetail()
	if m.again {
		effects = append(effects, m.list()...)
	}
	return effects
}

// show shows a pass.
func (m *model) show(p *pass) {
	m.pass, m.waiting = p, nil
	for _, w := range p.snap.Warnings {
		if kind := digits.Replace(w.Message); !m.said[kind] && len(m.said) < mostSaid {
			m.said[kind] = true
			m.note = escape.Text(w.Message)
		}
	}
	m.arrange()
	m.remember()
}

// freeze stops the screen, or lets it go on.
func (m *model) freeze() []effect {
	m.frozen = !m.frozen
	if m.frozen {
		return nil
	}
	if m.waiting != nil {
		m.show(m.waiting)
	}
	return m.list()
}

// mostSaid bounds how many warnings are remembered.
const mostSaid = 200
