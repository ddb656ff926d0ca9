package top

import (
	"slices"
	"strings"

	"sockeye/sock/escape"
)

// prompt is a line that is typed.
type prompt struct {
	label string
	text  []rune
	at    int // the cursor, in runes
	// changed is called when the text is another, done when it is finished: it
	// reports whether the prompt ends. cancel takes back what changed has done.
	changed func(*model) []effect
	done    func(*model) (effects []effect, ended bool)
	cancel  func(*model)
	// earlier are the texts that Up brings; back counts from the last one.
	earlier []string
	back    int
	draft   string
	wrong   *mistake
}

// mistake is what is wrong with the text.
type mistake struct {
	message        string
	offset, length int // in bytes; length 0 is the end
}

// newPrompt returns a prompt with a text in it.
func newPrompt(label, text string) *prompt {
	p := &prompt{label: label, text: []rune(text)}
	p.at = len(p.text)
	return p
}

// insert puts a text in at the cursor. A line break is a blank; what could steer a
// terminal is left out.
func (p *prompt) insert(text string) {
	var runes []rune
	for _, r := range strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\t", " ").Replace(text) {
		if !escape.Must(r) && r != '\uFFFD' {
			runes = append(runes, r)
		}
	}
	runes = runes[:min(len(runes), longestText-min(len(p.text), longestText))]
	p.text = slices.Insert(p.text, p.at, runes...)
	p.at += len(runes)
}

// longestText bounds what is typed and pasted.
const longestText = 4096

// delete takes the text between two places out.
func (p *prompt) delete(from, to int) {
	from, to = max(0, from), min(to, len(p.text))
	p.text = slices.Delete(p.text, from, to)
	p.at = from
}

// word is where the word before the cursor begins.
func (p *prompt) word() int {
	at := p.at
	for at > 0 && p.text[at-1] == ' ' {
		at--
	}
	for at > 0 && p.text[at-1] != ' ' {
		at--
	}
	return at
}

// recall brings the text that was typed so many before.
func (p *prompt) recall(back int) {
	if back < 0 || back > len(p.earlier) {
		return
	}
	if p.back == 0 {
		p.draft = string(p.text)
	}
	text := p.draft
	if p.back = back; back > 0 {
		text = p.earlier[len(p.earlier)-back]
	}
	p.text = []rune(text)
	p.at = len(p.text)
}

// edit changes the text by a key, and reports whether it knows the key.
func (p *prompt) edit(key string) bool {
	switch key {
	case "left", "ctrl+b":
		p.at = max(0, p.at-1)
	case "right", "ctrl+f":
		p.at = min(len(p.text), p.at+1)
	case "home", "ctrl+a":
		p.at = 0
	case "end", "ctrl+e":
		p.at = len(p.text)
	case "backspace", "ctrl+h":
		p.delete(p.at-1, p.at)
	case "delete", "ctrl+d":
		p.delete(p.at, p.at+1)
	case "ctrl+u":
		p.delete(0, p.at)
	case "ctrl+k":
		p.delete(p.at, len(p.text))
	case "ctrl+w", "alt+backspace":
		p.delete(p.word(), p.at)
	case "up", "ctrl+p":
		p.recall(p.back + 1)
	case "down", "ctrl+n":
		p.recall(p.back - 1)
	case "space":
		p.insert(" ")
	default:
		if runes := []rune(key); len(runes) != 1 {
			return false
		}
		p.insert(key)
	}
	return true
}

// promptKey takes a key while a line is typed.
func (m *model) promptKey(key string) []effect {
	p := m.prompt
	switch key {
	case "esc", "ctrl+g":
		m.prompt = nil
		if p.cancel != nil {
			p.cancel(m)
		}
		return m.readDetail()
	case "enter":
		effects, ended := p.done(m)
		if ended && m.prompt == p {
			m.prompt = nil
		}
		return effects
	}
	before := string(p.text)
	if !p.edit(key) || string(p.text) == before {
		return nil
	}
	return p.changed(m)
}

// exportLabel is the label of the prompt that stands in the last line.
const exportLabel = "write to"
