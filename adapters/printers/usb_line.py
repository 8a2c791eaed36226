"""A USB printer spoken to directly by vendor and product number, when no device file stands for it."""

from __future__ import annotations

import contextlib
import errno
import time
from typing import Any

import usb.core
import usb.util

from adapters.printers.lines import LineFault

_PRINTER_CLASS = 7
_CHUNK = 512


class UsbLine:
    """The two bulk pipes of a USB printer."""

    seconds_per_byte = 0.0

    def __init__(self, vendor: int, product: int, backend: Any = None) -> None:
        """Finds the device, takes it from the kernel's own printer driver and claims it. Raises ``LineFault``.

        ``backend`` is a pyusb backend; None takes libusb.
        """
        name = f"USB {vendor:04x}:{product:04x}"
        try:
            device = usb.core.find(idVendor=vendor, idProduct=product, backend=backend)
        except (usb.core.NoBackendError, usb.core.USBError) as fault:
            raise LineFault("unreachable", f"{name}: {fault}") from fault
        if device is None:
            raise LineFault("unreachable", f"{name} is not plugged in")
        self._device = device
        try:
            self._claim()
        except usb.core.USBError as fault:
            usb.util.dispose_resources(device)
            raise LineFault("busy" if fault.errno == errno.EBUSY else "unreachable", f"{name}: {fault}") from fault
        except LineFault:
            usb.util.dispose_resources(device)
            raise

    def _claim(self) -> None:
        try:
            configuration = self._device.get_active_configuration()
        except usb.core.USBError:
            self._device.set_configuration()
            configuration = self._device.get_active_configuration()
        # Endpoint numbers differ from maker to maker, so they are read instead of assumed.
        candidates = sorted(configuration, key=lambda i: i.bInterfaceClass != _PRINTER_CLASS)
        for interface in candidates:
            outward = _bulk(interface, usb.util.ENDPOINT_OUT)
            if outward is None:
                continue
            number = interface.bInterfaceNumber
            with contextlib.suppress(NotImplementedError):
                if self._device.is_kernel_driver_active(number):
                    self._device.detach_kernel_driver(number)
            usb.util.claim_interface(self._device, number)
            self._out = outward
            self._in = _bulk(interface, usb.util.ENDPOINT_IN)
            return
        raise LineFault("unreachable", "the USB device has no pipe to print to")

    def write(self, data: bytes, deadline: float) -> None:
        sent = 0
        while sent < len(data):
            try:
                sent += self._out.write(data[sent : sent + _CHUNK], _milliseconds(deadline))
            except usb.core.USBTimeoutError as fault:
                raise LineFault("busy", f"printer stopped taking bytes at {sent} of {len(data)}", sent) from fault
            except usb.core.USBError as fault:
                raise LineFault("dropped", str(fault), sent) from fault
            if sent < len(data) and time.monotonic() >= deadline:
                raise LineFault("busy", f"printer stopped taking bytes at {sent} of {len(data)}", sent)

    def read(self, deadline: float) -> bytes:
        while self._in is not None and time.monotonic() < deadline:
            try:
                data = bytes(self._in.read(max(64, self._in.wMaxPacketSize), _milliseconds(deadline)))
            except usb.core.USBTimeoutError:
                return b""
            except usb.core.USBError as fault:
                raise LineFault("dropped", str(fault)) from fault
            if data:
                return data
            time.sleep(0.02)  # an empty packet means "nothing yet"
        return b""

    def close(self, *, abandon: bool) -> None:
        """Lets go of the device. USB holds nothing back in this computer, so there is nothing to abandon."""
        with contextlib.suppress(usb.core.USBError):  # it may have been pulled out
            usb.util.dispose_resources(self._device)


def _bulk(interface: Any, direction: int) -> Any:
    return usb.util.find_descriptor(
        interface,
        custom_match=lambda e: (
            usb.util.endpoint_direction(e.bEndpointAddress) == direction
            and usb.util.endpoint_type(e.bmAttributes) == usb.util.ENDPOINT_TYPE_BULK
        ),
    )


def _milliseconds(deadline: float) -> int:
    return max(1, int((deadline - time.monotonic()) * 1000))
