using System.Text;

namespace Recs.Engine.Tests.Events;

internal static class LogHelpers
{
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(LogRecord record) => Encoding.UTF8.GetString(record.Payload.Span);

    /// <summary>Appends texts one after the other and closes the log.</summary>
    public static async Task Fill(string folder, SegmentedLogOptions options, params string[] texts)
    {
        await using var log = SegmentedLog.Open(folder, options, out _);
        foreach (var text in texts)
            await log.AppendAsync(Bytes(text));
    }

    public static List<string> Read(string folder) => [.. SegmentedLog.ReadFolder(folder).Select(Text)];

    public static string[] Segments(string folder)
    {
        var files = Directory.GetFiles(folder, "*.seg");
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    /// <summary>A text of about <paramref name="size"/> characters that begins with its number.</summary>
    public static string Numbered(int number, int size) => $"{number}:".PadRight(size, (char)('a' + number % 26));
}
