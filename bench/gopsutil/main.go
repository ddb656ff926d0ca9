// Command gopsutil is a peer of the benchmark: what a program that lists sockets
// with gopsutil's net.Connections does, and no more. It prints a line for each.
//
//	gopsutil KIND
//
// KIND is what the library takes: tcp, udp, inet, unix ...
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/shirou/gopsutil/v3/net"
)

func main() {
	kind := "inet"
	if len(os.Args) > 1 {
		kind = os.Args[1]
	}
	if err := list(kind); err != nil {
		fmt.Fprintln(os.Stderr, "gopsutil:", err)
		os.Exit(1)
	}
}

func list(kind string) error {
	all, err := net.Connections(kind)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	for _, c := range all {
		fmt.Fprintln(out, c.Status, c.Laddr.IP, c.Laddr.Port, c.Raddr.IP, c.Raddr.Port, c.Pid)
	}
	return out.Flush()
}
