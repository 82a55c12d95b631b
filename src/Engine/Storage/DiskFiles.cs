using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Recs.Engine.Storage;

/// <summary>The file system itself. Thread-safe.</summary>
internal sealed partial class DiskFiles : IStorageFiles
{
    public static readonly DiskFiles Instance = new();

    private DiskFiles() { }

    public IStorageFile Open(string path) => new DiskFile(
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    /// <summary>Opens for reading a file that may be appended to, renamed over or deleted meanwhile.</summary>
    public static SafeFileHandle OpenForReading(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <remarks>A new name survives power loss only when its directory was flushed; elsewhere than on Unix the file system sees to it.</remarks>
    public void FlushDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return;
        var descriptor = OpenDescriptor(directory, 0);
        if (descriptor < 0)
            throw Failure("open", directory);
        try
        {
            if (FlushDescriptor(descriptor) != 0)
                throw Failure("flush", directory);
        }
        finally
        {
            _ = CloseDescriptor(descriptor);
        }
    }

    private static IOException Failure(string what, string path) =>
        new($"Could not {what} directory '{path}': {Marshal.GetLastPInvokeErrorMessage()}.");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenDescriptor(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FlushDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseDescriptor(int descriptor);

    private sealed class DiskFile(SafeFileHandle handle) : IStorageFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(handle, bytes, offset);

        public void Flush() => RandomAccess.FlushToDisk(handle);

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Dispose() => handle.Dispose();
    }
}
