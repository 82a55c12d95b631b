namespace Recs.Training.Import;

/// <summary>Follows the quotes of RFC 4180 across the lines of one row. A quote inside an unquoted field is plain text.</summary>
internal struct QuoteScanner(byte delimiter)
{
    private bool _open;

    /// <summary>True when the last line ended inside a quoted field.</summary>
    public readonly bool IsOpen => _open;

    /// <summary>One line, without its line feed. False when text follows a closing quote.</summary>
    public bool ScanLine(ReadOnlySpan<byte> line)
    {
        var i = 0;
        while (true)
        {
            if (!_open)
            {
                // At a field's start.
                if (i < line.Length && line[i] == '"')
                {
                    _open = true;
                    i++;
                }
                else
                {
                    var end = line[i..].IndexOf(delimiter);
                    if (end < 0)
                        return true;
                    i += end + 1;
                    continue;
                }
            }

            while (true)
            {
                var quote = line[i..].IndexOf((byte)'"');
                if (quote < 0)
                    return true;
                i += quote + 1;
                if (i < line.Length && line[i] == '"')
                {
                    i++;
                    continue;
                }

                break;
            }

            _open = false;
            if (i == line.Length || (i == line.Length - 1 && line[i] == '\r'))
                return true;
            if (line[i] != delimiter)
                return false;
            i++;
        }
    }
}
