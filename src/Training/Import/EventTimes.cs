using System.Globalization;

namespace Recs.Training.Import;

/// <summary>Reads times: ISO-8601, or a number since 1970 whose magnitude tells its unit.</summary>
public static class EventTimes
{
    /// <summary>Numbers below this are seconds (up to the year 5138), others milliseconds.</summary>
    public const double SecondsBelow = 1e11;

    /// <summary>Numbers at or past this are no time.</summary>
    public const double MillisecondsBelow = 1e14;

    /// <summary>
    /// Milliseconds since 1970. ISO-8601 dates start with a four-digit year; without an offset they are UTC. A number
    /// below <see cref="SecondsBelow"/> is in seconds, which may have a fraction, and a greater one in milliseconds:
    /// both cover every legal event time (1990 on), so no number is ambiguous.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long unixMs)
    {
        unixMs = 0;
        if (text.Length is 0 or > 40)
            return false;
        if (text.Length >= 8 && text[4] == '-' && char.IsAsciiDigit(text[0]))
        {
            if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                return false;
            unixMs = time.ToUnixTimeMilliseconds();
            return true;
        }

        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !(number >= 0) || number >= MillisecondsBelow)
            return false;
        unixMs = (long)Math.Round(number < SecondsBelow ? number * 1000 : number);
        return true;
    }
}
