using System.Text;

namespace Recs.Training.Evaluation.Report;

/// <summary>Titles of a data set's items from its own file, where a protocol names one.</summary>
public static class ItemTitles
{
    /// <summary>Lines of id and title with '|' or '::' between; empty where the file is not there.</summary>
    public static IReadOnlyDictionary<string, string> Read(Protocols.Protocol protocol, string directory)
    {
        var titles = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!protocol.Files.TryGetValue("titles", out var file) || !File.Exists(Path.Combine(directory, file)))
            return titles;
        foreach (var line in File.ReadLines(Path.Combine(directory, file), Encoding.Latin1))
        {
            var fields = line.Split(line.Contains("::", StringComparison.Ordinal) ? "::" : "|");
            if (fields.Length > 1)
                titles[fields[0]] = fields[1];
        }

        return titles;
    }
}
