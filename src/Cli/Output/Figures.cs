using System.Globalization;

namespace Recs.Cli.Output;

/// <summary>Numbers for people.</summary>
internal static class Figures
{
    /// <summary>Four digits after the point, or none for a whole number.</summary>
    public static string Short(double value) =>
        value == Math.Round(value) && Math.Abs(value) < 1e15
            ? value.ToString("N0", CultureInfo.InvariantCulture)
            : value.ToString(Math.Abs(value) >= 1e-4 ? "N4" : "G4", CultureInfo.InvariantCulture);

    /// <summary>"1 row", "2 rows".</summary>
    public static string Count(long count, string of) => Plain($"{count:N0} {of}{(count == 1 ? "" : "s")}");

    public static string Bytes(long bytes) => bytes switch
    {
        < 1L << 10 => Plain($"{bytes} B"),
        < 1L << 20 => Plain($"{bytes / 1024.0:0.0} KiB"),
        < 1L << 30 => Plain($"{bytes / 1048576.0:0.0} MiB"),
        _ => Plain($"{bytes / 1073741824.0:0.00} GiB"),
    };

    public static string Plain(FormattableString text) => FormattableString.Invariant(text);
}
