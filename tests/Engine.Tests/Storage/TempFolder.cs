namespace Recs.Engine.Tests.Storage;

/// <summary>A folder of its own for one test, removed afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("recs-test-").FullName;

    public string Sub(string name) => System.IO.Path.Combine(Path, name);

    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)), overwrite: true);
        foreach (var folder in Directory.EnumerateDirectories(from))
            Copy(folder, System.IO.Path.Combine(to, System.IO.Path.GetFileName(folder)));
    }

    /// <summary>Files under the folder that hold the text's UTF-8 bytes.</summary>
    public static List<string> FilesHolding(string folder, string text)
    {
        var needle = System.Text.Encoding.UTF8.GetBytes(text);
        return [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(file => File.ReadAllBytes(file).AsSpan().IndexOf(needle) >= 0)];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
