// Package netns opens network namespaces, runs code inside of them and knows
// their names (network_namespaces(7), ip-netns(8)). It is Linux's alone.
package netns
