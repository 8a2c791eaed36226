"""A pretend USB printer as a pyusb backend: the real pyusb finds it, claims it and moves its packets."""

from __future__ import annotations

import errno
from array import array
from types import SimpleNamespace
from typing import Any

import usb.core
from usb.backend import IBackend

from adapters.printers.pretend_device import PretendDevice

VENDOR, PRODUCT = 0x1FC9, 0x2016


class UsbPrinter(IBackend):
    """One device with a scanner-like interface first and the printer as second, on endpoints nobody would guess."""

    OUT, IN = 0x03, 0x84

    def __init__(self) -> None:
        super().__init__()
        self.device = PretendDevice()
        self.kernel_driver = True
        self.claimed_elsewhere = self.forbidden = self.unplugged = self.stuck = False
        self.takes_only: int | None = None
        self.claimed: list[int] = []
        self.taken = 0
        self._said = bytearray()

    def enumerate_devices(self) -> Any:
        return [] if self.unplugged else ["the printer"]

    def get_device_descriptor(self, dev: Any) -> Any:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x0200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=VENDOR, idProduct=PRODUCT, bcdDevice=0x0100, iManufacturer=0, iProduct=0,
            iSerialNumber=0, bNumConfigurations=1, address=5, bus=1, port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: Any, config: int) -> Any:
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=64, bNumInterfaces=2, bConfigurationValue=1, iConfiguration=0,
            bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: Any, intf: int, alt: int, config: int) -> Any:
        if intf > 1 or alt > 0 or config > 0:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=intf, bAlternateSetting=0, bNumEndpoints=2,
            bInterfaceClass=7 if intf == 1 else 255, bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0,
            extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: Any, ep: int, intf: int, alt: int, config: int) -> Any:
        addresses = (self.OUT, self.IN) if intf == 1 else (0x01, 0x82)
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=addresses[ep], bmAttributes=2, wMaxPacketSize=64,
            bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: Any) -> Any:
        if self.forbidden:
            raise usb.core.USBError("Access denied (insufficient permissions)", -3, errno.EACCES)
        return "handle"

    def close_device(self, dev_handle: Any) -> None:
        self.claimed.clear()

    def get_configuration(self, dev_handle: Any) -> int:
        return 1

    def is_kernel_driver_active(self, dev_handle: Any, intf: int) -> bool:
        return self.kernel_driver

    def detach_kernel_driver(self, dev_handle: Any, intf: int) -> None:
        self.kernel_driver = False

    def claim_interface(self, dev_handle: Any, intf: int) -> None:
        if self.kernel_driver or self.claimed_elsewhere:
            raise usb.core.USBError("Resource busy", -6, errno.EBUSY)
        self.claimed.append(intf)

    def release_interface(self, dev_handle: Any, intf: int) -> None:
        self.claimed.remove(intf)

    def bulk_write(self, dev_handle: Any, ep: int, intf: int, data: Any, timeout: int) -> int:
        assert (ep, self.claimed) == (self.OUT, [1])
        if self.unplugged:
            raise usb.core.USBError("No such device", -4, errno.ENODEV)
        packet = bytes(data)
        if self.takes_only is not None:
            packet = packet[: max(0, self.takes_only - self.taken)]
            if not packet:
                raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
        self.taken += len(packet)
        self._said += self.device.receive(packet)
        return len(packet)

    def bulk_read(self, dev_handle: Any, ep: int, intf: int, buff: array[int], timeout: int) -> int:
        assert ep == self.IN
        if not self._said:
            raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)
        count = min(len(buff), len(self._said))
        buff[:count] = array("B", self._said[:count])
        del self._said[:count]
        return count
