package services

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// maxLine bounds a line of the file; a longer one is skipped.
const maxLine = 16 << 10

// Parse reads a file in the format of services(5): a name, a port with its
// protocol, and aliases; `#` starts a comment. As getservbyname(3) does, it
// skips lines that it does not understand, and the first entry of a port or a
// name wins. The error is the reader's.
func Parse(r io.Reader) (*DB, error) {
	db := &DB{names: make(map[key]string), ports: make(map[string][]Port)}
	br := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := br.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = skipLine(br)
		} else {
			db.add(string(line))
		}
		if errors.Is(err, io.EOF) {
			return db, nil
		}
		if err != nil {
			return db, err
		}
	}
}

func skipLine(br *bufio.Reader) error {
	for {
		_, err := br.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// add takes one line in.
func (db *DB) add(line string) {
	line, _, _ = strings.Cut(line, "#")
	words := strings.Fields(line)
	if len(words) < 2 {
		return
	}
	number, protocol, ok := strings.Cut(words[1], "/")
	port, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil || protocol == "" {
		return
	}
	protocol = strings.ToLower(protocol)
	p := Port{Number: uint16(port), Protocol: protocol}
	k := key{p.Number, protocol}
	if _, taken := db.names[k]; !taken {
		db.names[k] = words[0]
	}
	db.addName(words[0], p)
	for _, alias := range words[2:] {
		db.addName(alias, p)
	}
}

// addName gives a name a port, unless it has one with that protocol.
func (db *DB) addName(name string, p Port) {
	name = strings.ToLower(name)
	for _, have := range db.ports[name] {
		if have.Protocol == p.Protocol {
			return
		}
	}
	db.ports[name] = append(db.ports[name], p)
}
