using Recs.Engine.Storage;

namespace Recs.Engine.Tests.Storage;

/// <summary>
/// The disk, with faults on request: a cap after which writes are cut short, failing flushes and truncations, and a
/// crash at the n-th operation after which nothing works any more. Counts flushes. Thread-safe.
/// </summary>
internal sealed class FaultyFiles : IStorageFiles
{
    private readonly Lock _gate = new();
    private long _operations;

    /// <summary>Bytes that may still be written; a write past it puts down what fits and fails.</summary>
    public long? SpaceLeft { get; set; }

    public bool FailFlush { get; set; }

    public bool FailTruncate { get; set; }

    public bool FailDirectoryFlush { get; set; }

    /// <summary>The operation (1-based: open, write, flush, truncate, rename, delete, directory flush) that crashes.</summary>
    public long CrashAt { get; set; } = long.MaxValue;

    public bool Crashed { get; private set; }

    public long Operations => Interlocked.Read(ref _operations);

    public long Flushes;

    public long Writes;

    /// <summary>Called before a flush reaches the disk.</summary>
    public Action? BeforeFlush { get; set; }

    public IStorageFile Open(string path)
    {
        Step();
        return new FaultyFile(this, DiskFiles.Instance.Open(path));
    }

    public void Rename(string from, string to)
    {
        Step();
        DiskFiles.Instance.Rename(from, to);
    }

    public void Delete(string path)
    {
        Step();
        DiskFiles.Instance.Delete(path);
    }

    public void FlushDirectory(string directory)
    {
        Step();
        if (FailDirectoryFlush)
            throw new IOException("The directory could not be flushed (injected).");
    }

    private void Step(Action? halfDone = null)
    {
        lock (_gate)
        {
            if (!Crashed && ++_operations >= CrashAt)
            {
                Crashed = true;
                halfDone?.Invoke();
            }
            if (Crashed)
                throw new IOException("The process was killed (injected).");
        }
    }

    private sealed class FaultyFile(FaultyFiles owner, IStorageFile inner) : IStorageFile
    {
        public long Length => inner.Length;

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var half = bytes[..(bytes.Length / 2)].ToArray();
            owner.Step(() => inner.Write(half, offset));
            Interlocked.Increment(ref owner.Writes);
            if (owner.SpaceLeft is { } left)
            {
                var fits = (int)Math.Min(left, bytes.Length);
                inner.Write(bytes[..fits], offset);
                owner.SpaceLeft = left - fits;
                if (fits < bytes.Length)
                    throw new IOException("No space left on device (injected).");
                return;
            }
            inner.Write(bytes, offset);
        }

        public void Flush()
        {
            owner.BeforeFlush?.Invoke();
            owner.Step();
            Interlocked.Increment(ref owner.Flushes);
            if (owner.FailFlush)
                throw new IOException("Input/output error (injected).");
        }

        public void Truncate(long length)
        {
            owner.Step();
            if (owner.FailTruncate)
                throw new IOException("Could not truncate (injected).");
            inner.Truncate(length);
        }

        public void Dispose() => inner.Dispose();
    }
}
