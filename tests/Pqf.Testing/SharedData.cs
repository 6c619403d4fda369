using Xunit;

namespace Pqf.Testing;

/// <summary>Finds the data that tests need but the project may not contain: the folder <c>shared</c> beside the checkout.</summary>
public static class SharedData
{
    /// <summary>The full path of a file or folder there; skips the test, naming the path, where it is absent.</summary>
    /// <param name="relative">Such as <c>published/resnet18.pth</c>. Paths under <c>reference/</c> are looked up in the folder that
    /// PQF_REFERENCE names, if it is set.</param>
    public static string Path(string relative)
    {
        const string Reference = "reference/";
        string path =
            Environment.GetEnvironmentVariable("PQF_REFERENCE") is { Length: > 0 } other
            && relative.StartsWith(Reference, StringComparison.Ordinal)
            && System.IO.Path.Exists(System.IO.Path.Combine(other, relative[Reference.Length..]))
                ? System.IO.Path.Combine(other, relative[Reference.Length..])
                : System.IO.Path.Combine(Repository, "..", "shared", relative);
        path = System.IO.Path.GetFullPath(path);
        Assert.SkipUnless(System.IO.Path.Exists(path), $"{path} is absent");
        return path;
    }

    /// <summary>The checkout: the nearest folder above the tests that holds Pqf.sln.</summary>
    public static string Repository { get; } = Find(AppContext.BaseDirectory);

    static string Find(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, "Pqf.sln"))
            ? folder
            : Find(
                System.IO.Path.GetDirectoryName(folder)
                    ?? throw new DirectoryNotFoundException($"no Pqf.sln above {AppContext.BaseDirectory}")
            );
}
