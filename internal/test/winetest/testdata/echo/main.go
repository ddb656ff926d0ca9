// Echo prints its arguments and whether it reaches the address in the first,
// and ends with the status in the second.
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
)

func main() {
	c, err := net.Dial("tcp", os.Args[1])
	if err == nil {
		c.Close()
	}
	fmt.Println(os.Args[1:], err == nil)
	fmt.Fprintln(os.Stderr, "a message")
	status, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	os.Exit(status)
}
