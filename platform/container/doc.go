// Package container says to which unit of systemd and to which container a process
// belongs: from the path of its control group, and names and images from the files of
// the container's runtime where these may be read. The parsers have no build tag.
package container
