using System.Text.Unicode;

namespace Recs.Training.Import;

/// <summary>Why a record could not be taken as it stands.</summary>
internal enum RecordProblem
{
    None,
    TooLong,
    NotUtf8,
    NulByte,
    Quoting,
}

/// <summary>
/// Cuts UTF-8 into records: lines, or with quotes on, rows of RFC 4180 whose quoted fields may hold line breaks. Blank
/// lines are skipped. Holds at most one record of <see cref="ImportLimits.MaxRowBytes"/>. A record at fault costs its
/// first line only: reading goes on with the line after it. Not thread-safe.
/// </summary>
/// <param name="utf8">Read to its end, not disposed.</param>
/// <param name="delimiter">A byte that ends a field, when fields may be quoted; null when quotes mean nothing.</param>
internal sealed class RecordReader(Stream utf8, byte? delimiter)
{
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _atEnd;
    private long _nextLine = 1;

    /// <summary>1-based number of the record's first line.</summary>
    public long Line { get; private set; }

    public RecordProblem Problem { get; private set; }

    /// <summary>The record without its line end, up to the next <see cref="Read"/>; empty when there is a problem.</summary>
    public ReadOnlySpan<byte> Record => _buffer.AsSpan(_recordStart, _recordLength);

    private int _recordStart;
    private int _recordLength;

    /// <summary>False at the end.</summary>
    public bool Read()
    {
        while (true)
        {
            _recordLength = 0;
            Problem = RecordProblem.None;
            if (_start == _end && !Fill())
                return false;
            Line = _nextLine;
            var length = LineLength(0);
            if (length < 0)
            {
                SkipLine();
                Problem = RecordProblem.TooLong;
                return true;
            }

            var firstLine = length;
            var lines = 1;
            if (delimiter is { } byteOfDelimiter && _buffer.AsSpan(_start, length).Contains((byte)'"'))
                Problem = ExtendOverQuotes(byteOfDelimiter, ref length, ref lines);
            if (Problem != RecordProblem.None)
            {
                Consume(firstLine, 1);
                return true;
            }

            var start = _start;
            Consume(length, lines);
            var record = _buffer.AsSpan(start, length);
            if (record is [.., (byte)'\r'])
                record = record[..^1];
            if (record.IsEmpty)
                continue;
            if (record.Contains((byte)0))
                Problem = RecordProblem.NulByte;
            else if (!Utf8.IsValid(record))
                Problem = RecordProblem.NotUtf8;
            else
                (_recordStart, _recordLength) = (start, record.Length);
            return true;
        }
    }

    /// <summary>What a problem means, for people.</summary>
    public static (string Reason, string Detail) Describe(RecordProblem problem) => problem switch
    {
        RecordProblem.TooLong => ("too long", $"The row is longer than {ImportLimits.MaxRowBytes:N0} bytes."),
        RecordProblem.NotUtf8 => ("encoding", "The row is not valid UTF-8; name the encoding if it is another."),
        RecordProblem.NulByte => ("encoding", "The row holds a NUL byte."),
        RecordProblem.Quoting => ("quoting", "A quoted field is not closed, or text follows its closing quote."),
        _ => throw new ArgumentOutOfRangeException(nameof(problem)),
    };

    private RecordProblem ExtendOverQuotes(byte delimiterByte, ref int length, ref int lines)
    {
        var quotes = new QuoteScanner(delimiterByte);
        var scanned = 0;
        while (true)
        {
            if (!quotes.ScanLine(_buffer.AsSpan(_start + scanned, length - scanned)))
                return RecordProblem.Quoting;
            if (!quotes.IsOpen)
                return RecordProblem.None;
            if (_start + length == _end && _atEnd)
                return RecordProblem.Quoting;
            scanned = length + 1;
            var extended = LineLength(scanned);
            if (extended < 0 || (_start + scanned == _end && _atEnd))
                return RecordProblem.Quoting;
            length = extended;
            lines++;
        }
    }

    /// <summary>Bytes from the record's start to the line end at or after <paramref name="from"/>; -1 past the bound.</summary>
    private int LineLength(int from)
    {
        var searched = from;
        while (true)
        {
            if (_start + searched <= _end)
            {
                var found = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
                if (found >= 0)
                    return searched + found <= ImportLimits.MaxRowBytes ? searched + found : -1;
            }

            searched = _end - _start;
            if (searched > ImportLimits.MaxRowBytes)
                return -1;
            if (!Fill())
                return searched;
        }
    }

    private void Consume(int length, int lines)
    {
        _start = Math.Min(_start + length + 1, _end);
        _nextLine += lines;
    }

    private void SkipLine()
    {
        while (true)
        {
            var found = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (found >= 0)
            {
                Consume(found, 1);
                return;
            }

            _start = _end;
            if (!Fill())
            {
                _nextLine++;
                return;
            }
        }
    }

    private bool Fill()
    {
        if (_atEnd)
            return false;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var read = utf8.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _atEnd = read == 0;
        return read > 0;
    }
}
