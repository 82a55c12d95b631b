using System.Text;
using Recs.Training.Import;

namespace Recs.Cli.Output;

/// <summary>Writes rejected rows as CSV as they come. Not thread-safe.</summary>
internal sealed class RejectFile : IDisposable
{
    private readonly StreamWriter _writer;

    public RejectFile(string path)
    {
        _writer = new StreamWriter(path, false, new UTF8Encoding(false));
        _writer.Write("file,line,reason,detail\n");
    }

    public void Write(RejectedRow row) =>
        _writer.Write(FormattableString.Invariant($"{Csv.Field(row.File)},{row.Line},{Csv.Field(row.Reason)},{Csv.Field(row.Detail)}\n"));

    public void Dispose() => _writer.Dispose();
}

/// <summary>Writing CSV as in RFC 4180.</summary>
internal static class Csv
{
    public static string Field(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
