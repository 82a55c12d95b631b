using System.IO.Compression;
using System.Text;

namespace Recs.Training.Tests.Import;

/// <summary>A folder of one test's own, deleted afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("recs-test-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    public string Write(string name, string content, Encoding? encoding = null)
    {
        File.WriteAllText(this[name], content, encoding ?? new UTF8Encoding(false));
        return this[name];
    }

    public string Write(string name, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(this[name], content.ToArray());
        return this[name];
    }

    public string WriteGzip(string name, string content)
    {
        using (var zip = new GZipStream(File.Create(this[name]), CompressionLevel.Fastest))
            zip.Write(Encoding.UTF8.GetBytes(content));
        return this[name];
    }

    /// <summary>The folder of published data sets, where there is one.</summary>
    public static string SharedData(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "shared", "data", name);
            if (Directory.Exists(data))
                return data;
        }

        throw new SkipException($"There is no shared/data/{name} above {AppContext.BaseDirectory}.");
    }

    public void Dispose() => Directory.Delete(Root, true);
}
