package main

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
)

// lastListener starts a process that holds a listener; stop ends it.
func lastListener() (port string, stop func() error, err error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return "", nil, err
	}
	defer listener.Close()
	file, err := listener.File()
	if err != nil {
		return "", nil, err
	}
	defer file.Close()
	holder := exec.Command("cat")
	holder.ExtraFiles = []*os.File{file}
	in, err := holder.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := holder.Start(); err != nil {
		return "", nil, err
	}
	stop = func() error { return errors.Join(in.Close(), holder.Wait()) }
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), stop, nil
}
