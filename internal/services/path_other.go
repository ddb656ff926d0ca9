//go:build !windows

package services

func path() string { return "/etc/services" }
