package filter

import (
	"strconv"
	"strings"
	"time"

	"sockeye/sock/fact"
)

// numberCond makes a condition on a number or on a name that stands for one.
func (p *parser) numberCond(f *fact.Fact, op operator, operands []token) (Expr, error) {
	var ranges []Range
	for _, t := range operands {
		v, isRange, err := p.numberOperand(f, t)
		if err != nil {
			return nil, err
		}
		if isRange && op.ordering() {
			return nil, p.failAt(t, "a range has no order; it can be compared with = != and in")
		}
		if r, ok := v.compare(op); ok {
			ranges = append(ranges, r)
		}
	}
	c := &NumberCond{Field: f, Ranges: mergeRanges(ranges)}
	if f.Since {
		c.now = p.env.env.Now
	}
	return c, nil
}

// numberOperand reads a number or a range of them.
func (p *parser) numberOperand(f *fact.Fact, t token) (v interval, isRange bool, err error) {
	if f.Kind == fact.Choice || f.Kind == fact.Bool {
		n, err := p.valueNamed(f, t)
		return interval{n, n}, false, err
	}
	separator := "-"
	if f.Kind == fact.Time {
		separator = ".."
	}
	text := t.text
	if lo, hi, ok := strings.Cut(text, separator); ok && lo != "" && hi != "" {
		first, err := p.interval(f, t, lo)
		if err != nil {
			return v, false, err
		}
		last, err := p.interval(f, t, hi)
		if err != nil {
			return v, false, err
		}
		if first.lo > last.hi {
			return v, false, p.failAt(t, "the range "+short(text)+" ends before it starts")
		}
		return interval{first.lo, last.hi}, true, nil
	}
	v, err = p.interval(f, t, text)
	return v, false, err
}

// interval reads one number of the field's kind.
func (p *parser) interval(f *fact.Fact, t token, text string) (v interval, err error) {
	var n uint64
	switch f.Kind {
	case fact.Bytes:
		v, err = parseBytes(text)
	case fact.Duration:
		unit := f.Unit.Duration()
		bare := unit
		switch {
		case f.Since: // its name has no unit
			bare = time.Second
		case f.Thousandths():
			bare *= 1000
		}
		v, err = parseDuration(text, unit, bare)
	case fact.Time:
		v, err = parseTime(text, p.env.env.Now().Location())
	case fact.Share:
		v, err = parseShare(text)
	case fact.Hex:
		n, err = parseHex(text)
		v = interval{n, n}
	default:
		n, err = parseNumber(text)
		v = interval{n, n}
	}
	if err != nil {
		return v, p.failAt(t, short(text)+" "+err.Error())
	}
	return v, nil
}

func (p *parser) markCond(operands []token) (Expr, error) {
	c := &MarkCond{}
	for _, t := range operands {
		value, mask, masked := strings.Cut(t.text, "/")
		m := Mark{Mask: fullMask}
		var err error
		if m.Value, err = parseMark(value); err == nil && masked {
			m.Mask, err = parseMark(mask)
		}
		if err != nil {
			return nil, p.failAt(t, short(t.text)+" is not a mark such as 0x10 or 0x10/0xff")
		}
		c.Marks = append(c.Marks, m)
	}
	return c, nil
}

// parseMark reads a number as ss does with %i: decimal, 0x hexadecimal, 0 octal.
func parseMark(s string) (uint32, error) {
	if strings.ContainsAny(s, "_bBoO") && !strings.HasPrefix(s, "0x") {
		return 0, errNotNumber
	}
	n, err := strconv.ParseUint(s, 0, 32)
	return uint32(n), err
}

func (p *parser) deviceCond(operands []token) (Expr, error) {
	c := &DeviceCond{}
	for _, t := range operands {
		d, err := p.device(t, t.text)
		if err != nil {
			return nil, err
		}
		c.Devices = append(c.Devices, d)
	}
	return c, nil
}

// device reads the name or the index of an interface.
func (p *parser) device(t token, name string) (Device, error) {
	if allDigits(name) {
		n, err := strconv.ParseUint(name, 10, 32)
		if err != nil {
			return Device{}, p.failAt(t, short(name)+" is out of range")
		}
		return Device{Index: uint32(n)}, nil
	}
	if name == "" {
		return Device{}, p.failAt(t, "the name of the interface is empty")
	}
	d := Device{Name: name}
	if look := p.env.env.InterfaceIndex; look != nil {
		index, err := look(name)
		if err != nil {
			return Device{}, p.notFound(t, "interface", name, err)
		}
		d.Index = index
	}
	return d, nil
}

func (p *parser) cgroupCond(operands []token) (Expr, error) {
	c := &CgroupCond{}
	for _, t := range operands {
		g := Cgroup{Path: cgroupPath(t.text)}
		if look := p.env.env.CgroupID; look != nil {
			id, err := look(g.Path)
			if err != nil {
				return nil, p.notFound(t, "cgroup", t.text, err)
			}
			g.ID = id
		}
		c.Groups = append(c.Groups, g)
	}
	return c, nil
}

// cgroupMounts are where systemd mounts the hierarchy, beside that of version 1 and
// alone; paths are written with it and without.
var cgroupMounts = [...]string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"}

func cgroupPath(path string) string {
	for _, mount := range cgroupMounts {
		if rest, ok := strings.CutPrefix(path, mount); ok && (rest == "" || rest[0] == '/') {
			path = rest
			break
		}
	}
	return "/" + strings.Trim(path, "/")
}

func (p *parser) netnsCond(f *fact.Fact, operands []token) (Expr, error) {
	c := &NetnsCond{Field: f}
	for _, t := range operands {
		name := t.text
		if inode, ok := strings.CutPrefix(name, "net:["); ok { // as /proc/PID/ns/net reads
			name = strings.TrimSuffix(inode, "]")
		}
		if name == "" {
			return nil, p.failAt(t, "the name of the namespace is empty")
		}
		if allDigits(name) {
			inode, err := parseNumber(name)
			if err != nil {
				return nil, p.failAt(t, short(name)+" "+err.Error())
			}
			c.Inodes = append(c.Inodes, inode)
		}
		c.Names = append(c.Names, name)
	}
	return c, nil
}
