package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"text/template"
)

// templateFuncs are the functions of templates beside those of text/template.
// The comparisons replace its own, which fail on a member that is not known:
// here that equals nothing, and is neither less nor greater.
var templateFuncs = template.FuncMap{
	"json":  templateJSON,
	"join":  templateJoin,
	"upper": func(v any) string { return strings.ToUpper(fmt.Sprint(v)) },
	"lower": func(v any) string { return strings.ToLower(fmt.Sprint(v)) },
	"eq":    templateEqual,
	"ne": func(a, b any) (bool, error) {
		equal, err := templateEqual(a, b)
		return !equal, err
	},
	"lt": func(a, b any) (bool, error) { return templateOrder(a, b, func(n int) bool { return n < 0 }) },
	"le": func(a, b any) (bool, error) { return templateOrder(a, b, func(n int) bool { return n <= 0 }) },
	"gt": func(a, b any) (bool, error) { return templateOrder(a, b, func(n int) bool { return n > 0 }) },
	"ge": func(a, b any) (bool, error) { return templateOrder(a, b, func(n int) bool { return n >= 0 }) },
}

// templateJSON writes a value as JSON.
func templateJSON(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// templateJoin joins one member of each object of a list: join .owners "pid" ",".
func templateJoin(list any, name, between string) (string, error) {
	if _, no := list.(unknown); no {
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
	return strings.Join(words, between), nil
}

const unknownText = "-"

func templateEqual(a any, others ...any) (bool, error) {
	if len(others) == 0 {
		return false, fmt.Errorf("eq needs two values")
	}
	for _, b := range others {
		equal, err := templateOrder(a, b, func(n int) bool { return n == 0 })
		if equal || err != nil {
			return equal, err
		}
	}
	return false, nil
}

// templateOrder compares two values and asks is about the result. It is false
// if one of them is not known.
func templateOrder(a, b any, is func(int) bool) (bool, error) {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	if !va.IsValid() || !vb.IsValid() || va.Kind() == reflect.Map || vb.Kind() == reflect.Map {
		return false, nil
	}
	switch {
	case va.Kind() == reflect.String && vb.Kind() == reflect.String:
		return is(strings.Compare(va.String(), vb.String())), nil
	case va.Kind() == reflect.Bool && vb.Kind() == reflect.Bool:
		equal := 1
		if va.Bool() == vb.Bool() {
			equal = 0
		}
		return is(equal), nil
	case va.CanInt() && vb.CanInt():
		return is(cmp.Compare(va.Int(), vb.Int())), nil
	}
	na, okA := number(va)
	nb, okB := number(vb)
	if !okA || !okB {
		return false, fmt.Errorf("cannot compare %v with %v", a, b)
	}
	return is(cmp.Compare(na, nb)), nil
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
