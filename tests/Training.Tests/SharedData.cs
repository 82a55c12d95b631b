namespace Recs.Training.Tests;

/// <summary>Real data kept outside the project; a test that needs it is skipped where it is absent.</summary>
internal static class SharedData
{
    /// <summary>The path of a file under the nearest <c>shared/data</c> above the tests.</summary>
    public static string Require(params string[] path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var file = Path.Combine([at.FullName, "shared", "data", .. path]);
            if (File.Exists(file))
                return file;
        }

        Skip.If(true, $"The data set file {Path.Combine(path)} is not on this machine.");
        return "";
    }
}
