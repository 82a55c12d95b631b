using Recs.Engine.Storage;

namespace Recs.Engine.Events;

/// <summary>A segment of an open log. The writer alone advances the last one; <see cref="End"/> and <see cref="Bytes"/> are read by all.</summary>
internal sealed class Segment(long baseOrdinal, long end, long bytes)
{
    private const long MarkEveryBytes = 256 << 10;

    private long _end = end;
    private long _bytes = bytes;
    private volatile SegmentMark[] _marks = [];

    public long BaseOrdinal { get; } = baseOrdinal;

    /// <summary>Ordinal after its last record.</summary>
    public long End
    {
        get => Volatile.Read(ref _end);
        set => Volatile.Write(ref _end, value);
    }

    public long Bytes
    {
        get => Volatile.Read(ref _bytes);
        set => Volatile.Write(ref _bytes, value);
    }

    /// <summary>Remembers where a record begins, if the last one remembered is far enough before it. By the writer alone.</summary>
    public void Mark(long ordinal, long offset)
    {
        if (offset - (_marks.Length == 0 ? 0 : _marks[^1].Offset) >= MarkEveryBytes)
            _marks = [.. _marks, new SegmentMark(ordinal, offset)];
    }

    /// <summary>Before the file is replaced: places in it mean nothing any more.</summary>
    public void DropMarks() => _marks = [];

    /// <summary>The last remembered record at or before an ordinal; null for none.</summary>
    public SegmentMark? MarkBefore(long ordinal)
    {
        var marks = _marks;
        var (low, high) = (0, marks.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (marks[middle].Ordinal <= ordinal)
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? null : marks[low - 1];
    }
}

/// <summary>Where a record begins in its segment's file.</summary>
internal readonly record struct SegmentMark(long Ordinal, long Offset);

/// <summary>
/// The segments of an open log, oldest first, the last one active. Names change (roll, drop, swap) one at a time;
/// looking needs no lock.
/// </summary>
internal sealed class SegmentSet(string directory, IStorageFiles files, Segment[] segments)
{
    private readonly Lock _gate = new();
    private volatile Segment[] _segments = segments;

    public string Directory { get; } = directory;

    public IStorageFiles Files { get; } = files;

    public Segment[] Snapshot => _segments;

    public Segment Active => _segments[^1];

    public long Bytes
    {
        get
        {
            long sum = 0;
            foreach (var segment in _segments)
                sum += segment.Bytes;
            return sum;
        }
    }

    /// <summary>Where to begin reading a segment for the sake of one record; null for its beginning. Ask with the file open.</summary>
    public SegmentMark? MarkBefore(long baseOrdinal, long ordinal)
    {
        foreach (var segment in _segments)
        {
            if (segment.BaseOrdinal == baseOrdinal)
                return segment.MarkBefore(ordinal);
        }

        return null;
    }

    public string PathOf(long baseOrdinal) => Path.Combine(Directory, SegmentFormat.FileName(baseOrdinal));

    /// <summary>Makes an empty segment, durable under its name, and opens it for writing.</summary>
    public static IStorageFile Create(IStorageFiles files, string directory, long baseOrdinal)
    {
        var path = Path.Combine(directory, SegmentFormat.FileName(baseOrdinal));
        var header = new byte[SegmentFormat.HeaderBytes];
        SegmentFormat.WriteHeader(header, baseOrdinal);
        files.Replace(path, header);
        return files.Open(path);
    }

    public IStorageFile Roll()
    {
        lock (_gate)
        {
            var next = Active.End;
            var file = Create(Files, Directory, next);
            _segments = [.. _segments, new Segment(next, next, SegmentFormat.HeaderBytes)];
            return file;
        }
    }

    /// <summary>Puts a rewritten closed segment in place of the old one; false when that was dropped meanwhile.</summary>
    public bool Swap(Segment segment, string temporary, long bytes)
    {
        lock (_gate)
        {
            if (Array.IndexOf(_segments, segment) < 0)
                return false;
            // A reader looks for marks when it has opened the file: with the new one it finds none.
            segment.DropMarks();
            Files.Rename(temporary, PathOf(segment.BaseOrdinal));
            segment.Bytes = bytes;
            Files.FlushDirectory(Directory);
            return true;
        }
    }

    /// <summary>Drops closed segments from the oldest on while <paramref name="drop"/> says so; returns bytes freed.</summary>
    public long DropWhile(Func<Segment, bool> drop)
    {
        lock (_gate)
        {
            var kept = _segments;
            long freed = 0;
            while (kept.Length > 1 && drop(kept[0]))
            {
                Files.Delete(PathOf(kept[0].BaseOrdinal));
                freed += kept[0].Bytes;
                _segments = kept = kept[1..];
            }
            if (freed > 0)
                Files.FlushDirectory(Directory);
            return freed;
        }
    }
}
