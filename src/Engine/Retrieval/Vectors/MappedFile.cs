using System.IO.MemoryMappedFiles;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>A file mapped for reading, let go of when nobody refers to it. The file may be deleted or replaced meanwhile.</summary>
internal sealed unsafe class MappedFile
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public MappedFile(string path)
    {
        Bytes = new FileInfo(path).Length;
        // Copy on write: whoever writes through the pointer by mistake changes no file.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* pointer = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        Pointer = pointer;
    }

    ~MappedFile()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    public byte* Pointer { get; }

    public long Bytes { get; }
}
