using Pqf.Tensors.Devices;
using Xunit;

namespace Pqf.Tensors.Tests.Devices;

public class DeviceCatalogTests
{
    [Fact]
    public void The_host_is_always_there_and_first()
    {
        var devices = DeviceCatalog.List();
        Assert.Equal("host", devices[0].Id);
        Assert.Null(devices[0].Problem);
        Assert.Equal(devices.Length, devices.Select(device => device.Id).Distinct().Count());
        Assert.All(devices, device => Assert.True(device.MemoryBytes > 0));
    }

    [Fact]
    public void The_host_opens_with_the_threads_asked_for()
    {
        using var device = Assert.IsType<HostDevice>(Opened("host", 3));
        Assert.Equal(3, device.ThreadCount);
    }

    [Fact]
    public void Auto_takes_the_host_where_there_is_no_GPU()
    {
        Assert.SkipWhen(
            DeviceCatalog.List().Any(device => device.Id.StartsWith("cuda", StringComparison.Ordinal)),
            "this machine has a CUDA device"
        );
        Assert.SkipWhen(
            DeviceCatalog.List().Any(device => device.Id.StartsWith("opencl", StringComparison.Ordinal) && device.Problem is null),
            "this machine has a usable OpenCL device"
        );
        using var device = Assert.IsType<HostDevice>(Opened("auto", 1));
        Assert.Equal(1, device.ThreadCount);
    }

    [Fact]
    public void Every_listed_device_opens_or_says_its_problem()
    {
        foreach (var listed in DeviceCatalog.List())
            DeviceCatalog
                .Open(listed.Id)
                .Match(
                    device =>
                    {
                        device.Dispose();
                        Assert.Null(listed.Problem);
                        return true;
                    },
                    error =>
                    {
                        Assert.NotNull(listed.Problem);
                        Assert.EndsWith(listed.Problem, error.Message, StringComparison.Ordinal);
                        return false;
                    }
                );
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:one")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:0")]
    [InlineData("")]
    public void An_unknown_name_is_told_the_known_ones(string name) =>
        Assert.Equal($"device {name}: expected auto, host, cuda, opencl, or a number after it as in cuda:1", Problem(name));

    [Fact]
    public void A_device_past_the_last_is_told_how_many_there_are()
    {
        int cuda = DeviceCatalog.List().Count(device => device.Id.StartsWith("cuda", StringComparison.Ordinal));
        int openCl = DeviceCatalog.List().Count(device => device.Id.StartsWith("opencl", StringComparison.Ordinal));
        Assert.Equal($"device cuda:99: this machine has {cuda} CUDA devices", Problem("cuda:99"));
        Assert.Equal($"device opencl:99: this machine has {openCl} OpenCL devices", Problem("opencl:99"));
    }

    static Device Opened(string name, int threadCount) =>
        DeviceCatalog.Open(name, threadCount).Match(device => device, error => throw new InvalidOperationException(error.Message));

    static string Problem(string name) =>
        DeviceCatalog.Open(name).Match(device => throw new InvalidOperationException(device.Name), error => error.Message);
}
