"""One safe model file: a manifest and arrays in one safetensors file, written whole or not at all.

The layout is that of safetensors: eight bytes with the length of a JSON header, the header, the
arrays. The header's metadata holds the manifest (format version, kind, what the kind needs to know,
type, shape and SHA-256 of every array) and the manifest's own SHA-256. A reader rebuilds the header
from the manifest and wants the very same bytes, so no offset is ever taken from the file.
"""

from entable.modelfile.layout import FORMAT, Manifest, Slot
from entable.modelfile.reading import Contents, peek, read
from entable.modelfile.writing import write

__all__ = ["FORMAT", "Contents", "Manifest", "Slot", "peek", "read", "write"]
