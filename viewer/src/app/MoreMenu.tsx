import { useState } from "react";
import { IconButton, Menu, MenuItem, MenuLabel, MenuLine, MenuRadioGroup } from "@/ui";
import { useShell } from "./shellContext";
import { useSignOut } from "./signOut";
import { applyTheme, readTheme, THEMES, type Theme } from "./theme";

/** The menu with the theme, the keys, and the end of the session. */
export function MoreMenu() {
  const { showKeys } = useShell();
  const signOut = useSignOut();
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
      {signOut !== null && <MenuItem onSelect={signOut}>Sign out</MenuItem>}
    </Menu>
  );
}
