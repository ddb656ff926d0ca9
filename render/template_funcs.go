package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
)

// templateFuncs are the functions of templates. The comparisons replace those of
// text/template, which fail on a member that is not known: here that equals
// nothing, and is neither less nor greater. Those that make text are here too,
// because a loop can make it longer without end.
var templateFuncs = template.FuncMap{
	"json":     templateJSON,
	"join":     templateJoin,
	"upper":    bounded(func(v ...any) string { return strings.ToUpper(fmt.Sprint(v...)) }),
	"lower":    bounded(func(v ...any) string { return strings.ToLower(fmt.Sprint(v...)) }),
	"print":    bounded(fmt.Sprint),
	"println":  bounded(fmt.Sprintln),
	"html":     bounded(template.HTMLEscaper),
	"js":       bounded(template.JSEscaper),
	"urlquery": bounded(template.URLQueryEscaper),
	"printf": func(format string, v ...any) (string, error) {
		return bounded(func(v ...any) string { return fmt.Sprintf(format, v...) })(v...)
	},
	"eq": templateEqual,
	"ne": func(a, b any) (bool, error) {
		equal, err := templateEqual(a, b)
		return !equal, err
	},
	"lt": ordering(func(n int) bool { return n < 0 }),
	"le": ordering(func(n int) bool { return n <= 0 }),
	"gt": ordering(func(n int) bool { return n > 0 }),
	"ge": ordering(func(n int) bool { return n >= 0 }),
}

// bounded refuses a text that is longer than a row may be.
func bounded(f func(...any) string) func(...any) (string, error) {
	return func(v ...any) (string, error) {
		text := f(v...)
		if len(text) > rowLimit {
			return "", errRowLimit
		}
		return text, nil
	}
}

// templateJSON writes a value as JSON.
func templateJSON(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return bounded(fmt.Sprint)(strings.TrimSuffix(b.String(), "\n"))
}

// templateJoin joins one member of each object of a list: join .owners "pid" ",".
func templateJoin(list any, name, between string) (string, error) {
	if isUnknown(list) {
		return unknownText, nil
	}
	objects, ok := list.([]any)
	if !ok {
		return "", fmt.Errorf("join needs a list, not %T", list)
	}
	words := make([]string, len(objects))
	for i, o := range objects {
		object, _ := o.(map[string]any)
		v, ok := object[name]
		if !ok {
			return "", fmt.Errorf("there is no %q to join", name)
		}
		words[i] = fmt.Sprint(v)
	}
	return bounded(fmt.Sprint)(strings.Join(words, between))
}

const unknownText = "-"

func isUnknown(v any) bool {
	_, no := v.(unknown)
	return no || v == nil
}

func templateEqual(a any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, errors.New("eq needs two values")
	}
	for _, b := range others {
		if x, ok := a.(bool); ok && x == b {
			return true, nil
		} else if _, both := b.(bool); ok && both || isUnknown(a) || isUnknown(b) {
			continue
		}
		if order, err := compare(a, b); order == 0 || err != nil {
			return err == nil, err
		}
	}
	return false, nil
}

// ordering makes a comparison, which is false if one of the values is not known.
func ordering(holds func(int) bool) func(a, b any) (bool, error) {
	return func(a, b any) (bool, error) {
		if isUnknown(a) || isUnknown(b) {
			return false, nil
		}
		order, err := compare(a, b)
		return err == nil && holds(order), err
	}
}

// compare compares two texts or two numbers.
func compare(a, b any) (order int, err error) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	switch {
	case x.Kind() == reflect.String && y.Kind() == reflect.String:
		return strings.Compare(x.String(), y.String()), nil
	case x.CanInt() && y.CanInt():
		return cmp.Compare(x.Int(), y.Int()), nil
	}
	m, ok1 := number(x)
	n, ok2 := number(y)
	if !ok1 || !ok2 {
		return 0, fmt.Errorf("cannot compare %v with %v", a, b)
	}
	return cmp.Compare(m, n), nil
}

func number(v reflect.Value) (float64, bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	}
	return 0, false
}
