namespace Pqf.Bench;

/// <summary>This program, to be started again for a measurement in a process of its own.</summary>
static class OwnProgram
{
    /// <summary>The executable beside the assembly: the process itself is `dotnet` where the assembly was named to it.</summary>
    public static string Path
    {
        get
        {
            string beside = System.IO.Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Pqf.Bench.exe" : "Pqf.Bench");
            return File.Exists(beside) ? beside : Environment.ProcessPath!;
        }
    }
}
