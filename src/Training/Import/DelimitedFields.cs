using System.Text;

namespace Recs.Training.Import;

/// <summary>The fields of one delimited record, as text without the spaces around it. Reused from row to row; not thread-safe.</summary>
/// <param name="delimiter">One character or more.</param>
/// <param name="quotes">Whether fields may be quoted as in RFC 4180; needs a delimiter of one ASCII character.</param>
internal sealed class DelimitedFields(string delimiter, bool quotes)
{
    private readonly (int Start, int Length)[] _fields = new (int, int)[ImportLimits.MaxColumns];
    private char[] _chars = new char[1 << 10];

    public int Count { get; private set; }

    public ReadOnlySpan<char> this[int field] => _chars.AsSpan(_fields[field].Start, _fields[field].Length).Trim();

    /// <summary>Splits a record that <see cref="RecordReader"/> found sound. False past <see cref="ImportLimits.MaxColumns"/>.</summary>
    public bool Split(ReadOnlySpan<byte> record)
    {
        if (_chars.Length < record.Length)
            _chars = new char[Math.Max(record.Length, _chars.Length * 2)];
        var end = Encoding.UTF8.GetChars(record, _chars);
        Count = 0;
        var i = 0;
        while (true)
        {
            if (Count == _fields.Length)
                return false;
            if (quotes && i < end && _chars[i] == '"')
            {
                _fields[Count++] = Unquote(ref i, end);
            }
            else
            {
                var found = _chars.AsSpan(i, end - i).IndexOf(delimiter);
                var length = found < 0 ? end - i : found;
                _fields[Count++] = (i, length);
                i += length;
            }

            if (i >= end)
                return true;
            i += delimiter.Length;
        }
    }

    /// <summary>Leaves <paramref name="i"/> on the delimiter or at the end; the text is closed up in place.</summary>
    private (int Start, int Length) Unquote(ref int i, int end)
    {
        var start = ++i;
        var write = start;
        while (i < end)
        {
            if (_chars[i] == '"')
            {
                i++;
                if (i >= end || _chars[i] != '"')
                    break;
            }

            _chars[write++] = _chars[i++];
        }

        return (start, write - start);
    }
}
