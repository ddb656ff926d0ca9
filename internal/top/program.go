package top

import (
	"context"
	"io"
	"runtime/debug"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// Terminal is what the view is drawn on and read from.
type Terminal struct {
	In      io.Reader
	Out     io.Writer
	Environ []string
}

// Run shows the view until its user quits or the context ends. Shown is called when
// the first screen is drawn. The terminal is then as it was before.
func Run(outer context.Context, s Settings, machine Machine, terminal Terminal, shown func()) error {
	m, err := newModel(s, machine)
	if err != nil {
		return err
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	m.maker.grown = func(rows int) { debug.SetMemoryLimit(memory(rows)) }
	ctx, cancel := context.WithCancel(outer) // ends the effects that are under way
	defer cancel()
	profile := colorprofile.ANSI
	if !s.Shape.Color {
		profile = colorprofile.Ascii
	}
	a := &adapter{model: m, ctx: ctx, shown: shown}
	p := tea.NewProgram(a,
		tea.WithInput(terminal.In), tea.WithOutput(terminal.Out), tea.WithEnvironment(terminal.Environ),
		tea.WithColorProfile(profile), tea.WithoutSignalHandler())
	// A program whose own context ends closes the reader of keys while that is read from.
	defer context.AfterFunc(outer, p.Quit)()
	_, err = p.Run()
	cancel()
	a.running.Lock() // what is under way ends before what it uses does
	defer a.running.Unlock()
	if outer.Err() != nil {
		return context.Cause(outer)
	}
	return err
}

// adapter is the model as bubbletea knows it.
type adapter struct {
	*model
	ctx     context.Context
	shown   func()
	running sync.RWMutex // is held for reading by each effect
}

// Init begins.
func (a *adapter) Init() tea.Cmd { return a.commands(a.begin()) }

// commands turns effects into commands.
func (a *adapter) commands(effects []effect) tea.Cmd {
	var all []tea.Cmd
	for _, e := range effects {
		all = append(all, func() tea.Msg {
			a.running.RLock()
			defer a.running.RUnlock()
			if a.ctx.Err() != nil {
				return nil
			}
			return commanded(e(a.ctx))
		})
	}
	return tea.Batch(all...)
}

// commanded turns what the program is asked to do into the message for that.
func commanded(msg message) tea.Msg {
	switch msg := msg.(type) {
	case quitMessage:
		return tea.Quit()
	case suspendMessage:
		return tea.Suspend()
	case redrawMessage:
		return tea.ClearScreen()
	case copyMessage:
		return tea.SetClipboard(string(msg))()
	}
	return msg
}

// Update takes a message of bubbletea's, or one of the model's own.
func (a *adapter) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	return a, a.commands(a.update(translated(msg)))
}

// memory is how much is kept before what is not used any more is given back: enough
// for so many rows in two passes, and what it takes to make one. Without a limit the
// collector of Go waits until twice as much is used as is needed.
func memory(rows int) int64 { return max(24<<20, 14<<20+880*int64(rows)) }

// translated returns what a message of bubbletea's means to the model.
func translated(msg tea.Msg) message {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		return sizeMessage{msg.Width, msg.Height}
	case tea.KeyPressMsg:
		return keyMessage(keyName(msg))
	case tea.PasteMsg:
		return textMessage(msg.Content)
	case tea.ResumeMsg:
		return resumeMessage{}
	case tea.MouseClickMsg:
		if msg.Button == tea.MouseLeft {
			return mouseMessage{x: msg.X, y: msg.Y}
		}
		return nil
	case tea.MouseWheelMsg:
		switch msg.Button {
		case tea.MouseWheelUp:
			return mouseMessage{x: msg.X, y: msg.Y, wheel: -wheelLines}
		case tea.MouseWheelDown:
			return mouseMessage{x: msg.X, y: msg.Y, wheel: wheelLines}
		}
		return nil
	}
	return msg
}

// wheelLines is how far the wheel scrolls.
const wheelLines = 3

// keyName is how the table of keys calls a key: by its text if it has one.
func keyName(msg tea.KeyPressMsg) string {
	if msg.Text != "" && msg.Text != " " {
		return msg.Text
	}
	return msg.Keystroke()
}

// View draws.
func (a *adapter) View() tea.View {
	s := a.view()
	v := tea.NewView(strings.Join(s.lines, "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	if s.x >= 0 {
		v.Cursor = tea.NewCursor(s.x, s.y)
	}
	if a.pass != nil && a.shown != nil {
		a.shown()
		a.shown = nil
	}
	return v
}
