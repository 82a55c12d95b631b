using Recs.Engine.Storage;

namespace Recs.Engine.Events;

/// <summary>
/// Rewrites one segment with some records changed: a new file beside it, flushed, then renamed over it. One at a time.
/// </summary>
internal sealed class SegmentRewriter(SegmentSet segments, LogWriter writer, Func<LogRecord, ReadOnlyMemory<byte>> map, int maxRecordBytes)
    : IDisposable
{
    private readonly byte[] _buffer = new byte[256 << 10];
    private IStorageFile? _file;
    private string _temporary = "";
    private int _buffered;
    private long _written;

    /// <summary>True when a record changed and the segment was replaced. The active segment is closed first if it must change.</summary>
    public bool Rewrite(Segment segment)
    {
        using var reader = SegmentReader.TryOpen(segments.Directory, segment.BaseOrdinal);
        if (reader is null)
            return false;
        for (var end = segment.End; reader.NextOrdinal < end;)
        {
            var begin = reader.Offset;
            if (reader.Read(out var payload) != SegmentRead.Record)
                throw reader.Damaged($"record {reader.NextOrdinal} does not match its checksum");
            var mapped = map(new LogRecord(reader.NextOrdinal - 1, payload));
            if (_file is null && !mapped.Span.SequenceEqual(payload))
            {
                if (mapped.Length > maxRecordBytes)
                    throw RecommenderException.Invalid("record", mapped.Length, $"at most {maxRecordBytes} bytes", kind: RefusalKind.TooLarge);
                if (segment == segments.Active)
                    writer.RollNow();
                end = segment.End;
                Begin(segment, begin);
            }
            if (_file is not null)
                Append(segment.BaseOrdinal, mapped.Span);
        }
        return _file is not null && Finish(segment);
    }

    public void Dispose()
    {
        if (_file is null)
            return;
        _file.Dispose();
        _file = null;
        segments.Files.Delete(_temporary);
    }

    private void Begin(Segment segment, long unchangedTo)
    {
        _temporary = segments.PathOf(segment.BaseOrdinal) + StorageFilesExtensions.TemporarySuffix;
        segments.Files.Delete(_temporary);
        _file = segments.Files.Open(_temporary);
        using var source = DiskFiles.OpenForReading(segments.PathOf(segment.BaseOrdinal));
        while (_written + _buffered < unchangedTo)
        {
            Drain();
            var read = RandomAccess.Read(
                source, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, unchangedTo - _written)), _written);
            if (read == 0)
                throw new IOException($"'{segments.PathOf(segment.BaseOrdinal)}' ended at {_written}, before {unchangedTo}.");
            _buffered = read;
        }
    }

    private void Append(long baseOrdinal, ReadOnlySpan<byte> payload)
    {
        var length = SegmentFormat.RecordHeaderBytes + payload.Length;
        if (_buffered + length > _buffer.Length)
            Drain();
        var offset = _written + _buffered;
        if (length > _buffer.Length)
        {
            var large = new byte[length];
            SegmentFormat.WriteRecord(large, baseOrdinal, payload, offset);
            _file!.Write(large, offset);
            _written += length;
            return;
        }
        _buffered += SegmentFormat.WriteRecord(_buffer.AsSpan(_buffered), baseOrdinal, payload, offset);
    }

    private void Drain()
    {
        if (_buffered == 0)
            return;
        _file!.Write(_buffer.AsSpan(0, _buffered), _written);
        _written += _buffered;
        _buffered = 0;
    }

    private bool Finish(Segment segment)
    {
        Drain();
        _file!.Flush();
        if (!segments.Swap(segment, _temporary, _written))
            return false;
        _file.Dispose();
        _file = null;
        return true;
    }
}
