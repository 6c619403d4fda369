using Pqf.Testing;

[assembly: Xunit.AssemblyFixture(typeof(DeviceSet))]
