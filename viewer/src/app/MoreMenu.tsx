import { useState } from "react";
import { IconButton, Menu, MenuItem, MenuLabel, MenuLine, MenuRadioGroup } from "@/ui";
import { useShell } from "./shellContext";
import { applyTheme, readTheme, THEMES, type Theme } from "./theme";

/** The menu with the theme and the keys. */
export function MoreMenu() {
  const { showKeys } = useShell();
  const [theme, setTheme] = useState<Theme>(readTheme);
  return (
    <Menu align="end" trigger={<IconButton icon="more" label="More" />}>
      <MenuLabel>Theme</MenuLabel>
      <MenuRadioGroup
        value={theme}
        onChange={(value) => {
          const chosen = THEMES.find((each) => each === value) ?? "system";
          setTheme(chosen);
          applyTheme(chosen);
        }}
        options={[
          { value: "system", label: "as the system" },
          { value: "light", label: "light" },
          { value: "dark", label: "dark" },
        ]}
      />
      <MenuLine />
      <MenuItem keys="?" onSelect={showKeys}>
        Keys
      </MenuItem>
    </Menu>
  );
}
